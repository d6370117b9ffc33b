"""Grey made strip by strip is the grey of the whole picture, and takes little memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from benchmarks.samples import FONT_FOLDERS, SERIF
from core.ocr.engines import grey
from core.ocr.engines.grey import upright_grey

SIDE = 7_600  # squared it is 58 megapixels, just below what a page may have
MOST_MIB = 700

IN_A_CHILD = """
import sys
from pathlib import Path
import numpy as np
from core.ocr.engines import OcrOptions, make_engine
from core.ocr.engines.cleaning import flattened, smoothed
from core.ocr.engines.document import read_document
from core.ocr.engines.sheet import lay_down

engine = make_engine("tesserocr") if sys.argv[1] == "read" else None
for file in sys.argv[2:]:
    mime = "image/" + Path(file).suffix[1:].replace("jpg", "jpeg")
    if engine is None:
        from core.ocr.engines.images import read_pages
        for page in read_pages(Path(file), mime, OcrOptions()):
            sheet = lay_down(page.image, page.dpi)
            for clean in (smoothed, flattened):
                clean(sheet)
    else:
        options = OcrOptions(detect_language=False)
        for chunk in read_document(Path(file), mime, options, engine, check=lambda: None):
            pass
# Not `ru_maxrss`: over fork and exec that keeps the peak of the process that started this one.
status = Path("/proc/self/status").read_text().split()
print(int(status[status.index("VmHWM:") + 1]) // 1024)
"""


def peak_mib(how: str, *files: Path) -> int:
    """The most memory that a process of its own had when it had read these files."""
    command = [sys.executable, "-c", IN_A_CHILD, how, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return int(done.stdout)


def largest(folder: Path, mode: str, suffix: str, words: str = "") -> Path:
    """A page as large as allowed, with a line of large letters."""
    picture = Image.new("L", (SIDE, SIDE), 255)
    face = ImageFont.truetype(str(FONT_FOLDERS[0] / SERIF), 200)
    ImageDraw.Draw(picture).text((1000, 1000), words, font=face, fill=0)
    file = folder / f"{mode}{suffix}"
    picture.convert(mode).save(file, dpi=(600, 600))
    return file


def test_large_colour_pages_are_read_one_after_the_other_in_little_memory(tmp_path: Path) -> None:
    files = [largest(tmp_path, *kind) for kind in (("RGBA", ".png"), ("RGB", ".jpg"))]

    assert peak_mib("read", *files) < MOST_MIB


def test_a_large_page_of_text_is_read_in_little_memory(tmp_path: Path) -> None:
    assert peak_mib("read", largest(tmp_path, "L", ".png", "The harbour was quiet")) < MOST_MIB


def test_large_pages_of_sixteen_bits_are_read_in_little_memory(tmp_path: Path) -> None:
    wide = np.full((SIDE, SIDE), 65_535, dtype=np.uint16)
    Image.fromarray(wide).save(tmp_path / "a.png", compress_level=1)

    assert peak_mib("read", tmp_path / "a.png") < MOST_MIB


def test_large_pages_are_cleaned_in_little_memory(tmp_path: Path) -> None:
    assert peak_mib("clean", largest(tmp_path, "L", ".png")) < MOST_MIB


@pytest.fixture(autouse=True)
def narrow_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips of a few rows, so that small pictures have several."""
    monkeypatch.setattr(grey, "STRIP_PIXELS", 600)


def noise(mode: str, size: tuple[int, int] = (60, 47)) -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(1).integers(0, 256, (size[1], size[0], bands), dtype=np.uint8)
    return Image.fromarray(values.squeeze(), mode)


def test_a_colour_picture_has_the_grey_of_the_whole() -> None:
    picture = noise("RGB")

    assert np.array_equal(upright_grey(picture), np.asarray(picture.convert("L")))


def test_a_transparent_picture_has_the_grey_of_the_whole() -> None:
    picture = noise("RGBA")
    sheet = Image.new("RGBA", picture.size, "white")
    whole = Image.alpha_composite(sheet, picture).convert("RGB").convert("L")

    assert np.array_equal(upright_grey(picture), np.asarray(whole))


def test_wide_pixels_are_scaled_by_the_brightest_of_all_strips() -> None:
    values = np.zeros((40, 60), dtype=np.float32)
    values[0, 0], values[-1, -1] = 1000.0, 200_000.0

    found = upright_grey(Image.fromarray(values))

    assert (found[0, 0], found[-1, -1]) == (1, 255)


def test_what_is_no_number_is_black() -> None:
    values = np.full((40, 60), np.nan, dtype=np.float32)
    values[0] = 255.0

    found = upright_grey(Image.fromarray(values))

    assert (found[0].min(), found[1:].max()) == (255, 0)


def test_the_channel_that_shows_the_ink_is_chosen_for_the_whole_page() -> None:
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    picture[:] = (0, 130, 0)
    picture[40:60, 40:60] = (255, 0, 0)  # as bright to the eye, and in some strips only

    found = upright_grey(Image.fromarray(picture))

    assert np.array_equal(found, picture[:, :, 0])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_set_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    noise("L").resize((600, 470)).save(tmp_path / "a.jpg", exif=exif)

    with Image.open(tmp_path / "a.jpg") as picture:
        found = upright_grey(picture)
    with Image.open(tmp_path / "a.jpg") as picture:
        assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(picture)))
