"""Pages of a PDF that are one stored picture, and those that only look so in a list."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from benchmarks.samples import Sample, character_error
from core.ocr.engines import Engine, OcrOptions
from core.ocr.engines.base import Grey, Page
from core.ocr.engines.pdf import read_pages
from core.ocr.engines.poppler import Placed, Poppler
from core.ocr.engines.scan import box_means, may_be_scan
from core.tests.ocr_engines.reading import go_on, read, short_page, text_pdf

PDF = "application/pdf"
LINE = "The harbour was quiet when the first boats came in."
SAMPLE = short_page(count=1)
Edit = Callable[[pikepdf.Pdf], None]


def jpeg_of(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def placed(path: Path, image: Image.Image, *, dpi: float = 200, data: bytes | None = None) -> Path:
    """A PDF of one page that is covered by one JPEG."""
    width, height = (side * 72 / dpi for side in image.size)
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(width, height))
        picture = pikepdf.Stream(pdf, data or jpeg_of(image))
        picture.update(
            {
                "/Type": pikepdf.Name.XObject,
                "/Subtype": pikepdf.Name.Image,
                "/Width": image.width,
                "/Height": image.height,
                "/BitsPerComponent": 8,
                "/ColorSpace": pikepdf.Name.DeviceRGB
                if image.mode == "RGB"
                else pikepdf.Name.DeviceGray,
                "/Filter": pikepdf.Name.DCTDecode,
            }
        )
        pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
        content = f"q {width} 0 0 {height} 0 0 cm /P Do Q".encode()
        pdf.pages[0].Contents = pdf.make_stream(content)
        pdf.save(path)
    return path


def edited(path: Path, edit: Edit) -> Path:
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        edit(pdf)
        pdf.save(path)
    return path


def pages(path: Path, **options: object) -> list[Page]:
    return list(read_pages(path, OcrOptions(**options), check=go_on))  # type: ignore[arg-type]


def picture(path: Path, **options: object) -> Grey:
    [page] = pages(path, **options)
    assert page.image is not None
    return page.image


def stored(image: Image.Image) -> Grey:
    return np.asarray(Image.open(BytesIO(jpeg_of(image))).convert("L"))


def drawn(path: Path, dpi: int = 200) -> Grey:
    return Poppler(path, go_on).drawn(1, dpi)


def stamp(pdf: pikepdf.Pdf) -> None:
    """A thin grey rule across a corner, an eighth of an inch long."""
    pdf.pages[0].contents_add(b"0.6 G 0.5 w 20 20 m 29 20 l S")


def turn(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Rotate = 90


def mirror(pdf: pikepdf.Pdf) -> None:
    width, height = (float(side) for side in pdf.pages[0].MediaBox[2:])
    content = f"q {-width} 0 0 {height} {width} 0 cm /P Do Q".encode()
    pdf.pages[0].Contents = pdf.make_stream(content)


def cut(pdf: pikepdf.Pdf) -> None:
    width, height = (float(side) for side in pdf.pages[0].MediaBox[2:])
    pdf.pages[0].CropBox = [width * 0.01, 0, width * 0.99, height]


def invert(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Resources.XObject.P.Decode = [1, 0]


def hide(pdf: pikepdf.Pdf) -> None:
    """White paper over all of it."""
    pdf.pages[0].contents_add(b"1 g 0 0 2000 2000 re f")


@pytest.mark.parametrize("edit", [stamp, turn, mirror, cut, invert, hide])
def test_what_a_page_makes_of_its_picture_is_seen(tmp_path: Path, edit: Edit) -> None:
    path = edited(placed(tmp_path / "a.pdf", SAMPLE.image), edit)

    assert np.array_equal(picture(path), drawn(path))


def test_a_note_pinned_to_a_scan_is_seen(tmp_path: Path) -> None:
    def pin(pdf: pikepdf.Pdf) -> None:
        look = pdf.make_stream(b"0 g 0 0 9 9 re f")
        look.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Form})
        look.update({"/BBox": [0, 0, 9, 9]})
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Stamp,
            Rect=[30, 30, 39, 39],
            AP=pikepdf.Dictionary(N=look),
        )
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(note)])

    path = edited(placed(tmp_path / "a.pdf", SAMPLE.image), pin)

    assert np.array_equal(picture(path), drawn(path))


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_a_damaged_picture_is_left_to_the_program_that_draws(tmp_path: Path, kept: float) -> None:
    data = jpeg_of(SAMPLE.image)
    path = placed(tmp_path / "a.pdf", SAMPLE.image, data=data[: int(kept * len(data))])

    assert np.array_equal(picture(path), drawn(path))


def test_a_picture_of_another_size_than_the_page_says_is_left_alone(tmp_path: Path) -> None:
    bomb = jpeg_of(Image.new("L", (6000, 6000)))
    path = placed(tmp_path / "a.pdf", SAMPLE.image, data=bomb)

    assert np.array_equal(picture(path), drawn(path))


def test_a_picture_above_the_limits_is_not_decoded(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.pdf", SAMPLE.image, dpi=250)
    most = SAMPLE.image.width * SAMPLE.image.height - 1

    assert np.array_equal(picture(path, max_page_pixels=most), drawn(path))


def test_a_picture_coarser_than_asked_for_is_drawn(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.pdf", SAMPLE.image)

    assert np.array_equal(picture(path, mode="high_accuracy"), drawn(path, 300))


def test_nothing_stays_in_the_scratch_folder(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    path = placed(tmp_path / "a.pdf", SAMPLE.image)

    picture(path, scratch_dir=tmp_path / "scratch")

    assert not list((tmp_path / "scratch").iterdir())


def test_the_scratch_folder_is_where_the_picture_is_put(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.pdf", SAMPLE.image)

    with pytest.raises(FileNotFoundError):
        picture(path, scratch_dir=tmp_path / "gone")


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_scan_is_taken_as_it_is_stored(tmp_path: Path, mode: str) -> None:
    image = SAMPLE.image.convert(mode)
    path = placed(tmp_path / "a.pdf", image)

    found = picture(path).astype(int)

    assert np.abs(found - stored(image)).max() <= 1
    assert not np.array_equal(found, drawn(path)), "drawing the page moves its dots"


@pytest.mark.parametrize("size", [(1700, 2200), (1654, 2339), (1275, 1651), (2000, 1001)])
def test_scans_on_paper_of_any_size_are_taken_as_they_are(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    image = Image.fromarray(rng.integers(0, 255, size[::-1], dtype=np.uint8)).reduce(4)
    image = image.resize(size)

    assert np.array_equal(picture(placed(tmp_path / "a.pdf", image)), stored(image))


def test_a_finer_scan_is_brought_to_the_resolution_of_the_mode(tmp_path: Path) -> None:
    image = SAMPLE.image.resize((1801, 600), Image.Resampling.BICUBIC)
    path = placed(tmp_path / "a.pdf", image, dpi=300)

    [page] = pages(path)

    assert page.image is not None
    assert (page.dpi, page.image.shape) == (200, drawn(path).shape)
    assert np.abs(page.image.astype(int).mean() - stored(image).mean()) < 1


def test_box_means_leave_no_dot_out() -> None:
    image = np.random.default_rng(1).integers(0, 256, (103, 57), dtype=np.uint8)

    small = box_means(image, (20, 11))

    for row, column in ((0, 0), (7, 4), (19, 10)):
        rows = slice(row * 103 // 20, (row + 1) * 103 // 20)
        columns = slice(column * 57 // 11, (column + 1) * 57 // 11)
        assert small[row, column] == int(image[rows, columns].mean())


@pytest.mark.parametrize(
    "other",
    [
        Placed("smask", 1700, 2200, 8, "jpeg", 200, 200),
        Placed("image", 1700, 2200, 8, "jpx", 200, 200),
        Placed("image", 1700, 2200, 16, "jpeg", 200, 200),
        Placed("image", 1600, 2200, 8, "jpeg", 200, 200),
        Placed("image", 850, 1100, 8, "jpeg", 100, 100),
        Placed("image", 17000, 22000, 8, "jpeg", 2000, 2000),
        Placed("image", 1700, 2200, 8, "jpeg", 0, 0),
    ],
)
def test_what_cannot_be_a_scan_is_not_extracted(other: Placed) -> None:
    assert may_be_scan(Placed("image", 1700, 2200, 8, "jpeg", 200, 200), (8.5, 11.0), 200)
    assert not may_be_scan(other, (8.5, 11.0), 200)


def test_pictures_in_the_pages_own_code_are_listed_too(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([LINE]))

    def draw(pdf: pikepdf.Pdf) -> None:
        code = b"q 72 0 0 36 9 9 cm BI /W 4 /H 2 /CS /G /BPC 8 ID 12345678 EI Q"
        pdf.pages[0].contents_add(code)

    [found] = Poppler(edited(tmp_path / "a.pdf", draw), go_on).pictures(1)

    assert (found.width, found.height, found.size_in) == (4, 2, (1.0, 0.5))


def test_pictures_that_cannot_be_listed_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"no pdf")

    assert Poppler(tmp_path / "a.pdf", go_on).pictures(1) == ()


def test_text_scans_and_turned_scans_in_one_document_are_all_read(
    tesserocr: Engine, tmp_path: Path
) -> None:
    samples = [short_page(seed=seed, count=1) for seed in (1, 2, 3)]
    path = mixed(tmp_path, samples)

    found = read(tesserocr, path, PDF, default_languages=("eng",))

    texts = found.text.split("\n\n---\n\n")
    assert [page["source"] for page in found.outcome.pages] == ["ocr", "text_layer", "ocr", "ocr"]
    assert texts.pop(1) == LINE
    for sample, text in zip(samples, texts, strict=True):
        assert character_error(sample.text, text) <= 0.01


def mixed(folder: Path, samples: list[Sample]) -> Path:
    """A scan, a page of text, a scan that the page turns upright, and one with a stamp."""
    first, second, third = samples
    placed(folder / "0.pdf", first.image)
    (folder / "1.pdf").write_bytes(text_pdf([LINE]))
    edited(placed(folder / "2.pdf", second.image.rotate(90, expand=True)), turn)
    edited(placed(folder / "3.pdf", third.image), stamp)
    with pikepdf.new() as whole:
        for number in range(4):
            with pikepdf.open(folder / f"{number}.pdf") as part:
                whole.pages.extend(part.pages)
        whole.save(folder / "mixed.pdf")
    return folder / "mixed.pdf"
