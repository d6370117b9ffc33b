"""Picture files as pages: what is refused, and what each kind of picture looks like in grey."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidInput
from core.media.errors import TooManyPixels, UnreadableImage, UnsupportedMedia
from core.ocr.engines import OcrOptions
from core.ocr.engines.base import Page
from core.ocr.engines.errors import TooManyPages
from core.ocr.engines.images import read_pages


def pages(path: Path, mime: str, **options: int) -> list[Page]:
    return list(read_pages(path, mime, OcrOptions(**options)))  # type: ignore[arg-type]


def only(path: Path, mime: str = "image/png") -> np.ndarray:
    [page] = pages(path, mime)
    assert page.image is not None
    return page.image


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def test_a_type_that_is_not_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")

    with pytest.raises(UnsupportedMedia):
        pages(tmp_path / "a.svg", "image/svg+xml")


def test_text_that_claims_to_be_a_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not a picture")

    with pytest.raises(UnsupportedMedia):
        pages(tmp_path / "a.png", "image/png")


def test_one_type_of_picture_does_not_pass_for_another(tmp_path: Path) -> None:
    Image.new("L", (9, 9)).save(tmp_path / "a.gif")

    with pytest.raises(UnsupportedMedia):
        pages(tmp_path / "a.gif", "image/png")


@pytest.mark.parametrize("kept", [30, 200, 0.5, 0.9])
def test_a_truncated_jpeg_is_unreadable(tmp_path: Path, kept: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.jpg")
    data = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: int(kept if kept > 1 else kept * len(data))])

    with pytest.raises(UnreadableImage):
        pages(tmp_path / "cut.jpg", "image/jpeg")


def test_a_png_with_broken_pixels_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(huge_png(500, 500)[:-30] + b"\0" * 30)

    with pytest.raises(UnreadableImage):
        pages(tmp_path / "a.png", "image/png")


@pytest.mark.parametrize("size", [(40_000, 40_000), (10_000, 7_000), (32_001, 10), (10, 40_000)])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "bomb.png").write_bytes(huge_png(*size))

    with pytest.raises(TooManyPixels) as caught:
        pages(tmp_path / "bomb.png", "image/png")

    assert caught.value.code == "too_many_pixels"


def test_a_large_frame_behind_a_small_one_is_refused(tmp_path: Path) -> None:
    small, large = Image.new("L", (10, 10)), Image.new("L", (300, 300))
    small.save(tmp_path / "a.tif", save_all=True, append_images=[large])

    with pytest.raises(TooManyPixels):
        pages(tmp_path / "a.tif", "image/tiff", max_page_pixels=10_000)


def test_more_frames_than_allowed_are_refused_before_any_is_read(tmp_path: Path) -> None:
    frame = Image.new("L", (10, 10))
    frame.save(tmp_path / "a.tif", save_all=True, append_images=[frame] * 3)

    with pytest.raises(TooManyPages) as caught:
        pages(tmp_path / "a.tif", "image/tiff", max_pages=3)

    assert caught.value.code == "too_many_pages"


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG", b"II*\0" + b"\xff" * 40, b"MM\0*\0\0\0\x08\xff\xff"]
)
def test_hostile_beginnings_of_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)

    for mime in ("image/png", "image/tiff", "image/gif", "image/webp", "image/bmp"):
        with pytest.raises(InvalidInput):
            pages(tmp_path / "a", mime)


def test_a_tiff_gives_all_its_frames_in_order(tmp_path: Path) -> None:
    first, *rest = [Image.new("L", (10 + n, 20), 50 * n) for n in range(4)]
    first.save(tmp_path / "a.tif", save_all=True, append_images=rest)

    found = pages(tmp_path / "a.tif", "image/tiff")

    assert [(page.number, page.count) for page in found] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [page.image.shape for page in found if page.image is not None] == [
        (20, 10),
        (20, 11),
        (20, 12),
        (20, 13),
    ]


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    white, black = Image.new("L", (8, 8), 255), Image.new("L", (8, 8), 0)
    white.save(tmp_path / "a.gif", save_all=True, append_images=[black])

    assert only(tmp_path / "a.gif", "image/gif").mean() == 255


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "rgba.png")
    Image.new("LA", (8, 8), (0, 0)).save(tmp_path / "la.png")
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.save(tmp_path / "p.png", transparency=0)

    for name in ("rgba.png", "la.png", "p.png"):
        assert only(tmp_path / name).min() == 255, name


def test_sixteen_bits_are_scaled_and_not_cut(tmp_path: Path) -> None:
    ramp = np.array([[0, 256 * 100, 65535]], dtype=np.uint16)
    Image.fromarray(ramp).save(tmp_path / "a.png")

    assert only(tmp_path / "a.png").tolist() == [[0, 99, 255]]


def test_float_pixels_are_scaled(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.0, 65535.0]], dtype=np.float32)).save(tmp_path / "a.tif")

    assert only(tmp_path / "a.tif", "image/tiff").tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("mode", "suffix", "mime"),
    [
        ("1", ".png", "image/png"),
        ("P", ".gif", "image/gif"),
        ("CMYK", ".jpg", "image/jpeg"),
        ("CMYK", ".tif", "image/tiff"),
        ("RGB", ".webp", "image/webp"),
        ("RGB", ".bmp", "image/bmp"),
    ],
)
def test_white_is_white_and_black_is_black_in_every_colour_model(
    tmp_path: Path, mode: str, suffix: str, mime: str
) -> None:
    for colour, least, most in (("white", 253, 255), ("black", 0, 2)):
        Image.new("RGB", (16, 16), colour).convert(mode).save(tmp_path / f"a{suffix}")

        grey = only(tmp_path / f"a{suffix}", mime)

        assert least <= grey.min() <= grey.max() <= most


def test_ink_of_the_same_luminance_as_its_paper_stays_visible(tmp_path: Path) -> None:
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    picture[:] = (0, 130, 0)  # as bright to the eye as the red ink
    picture[40:60, 40:60] = (255, 0, 0)
    Image.fromarray(picture).save(tmp_path / "a.png")

    grey = only(tmp_path / "a.png").astype(int)

    assert abs(grey[50, 50] - grey[5, 5]) > 100


def test_the_picture_is_set_upright_by_its_exif(tmp_path: Path) -> None:
    picture = Image.new("L", (30, 10), 255)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)

    assert only(tmp_path / "a.jpg", "image/jpeg").shape == (30, 10)


@pytest.mark.parametrize(
    ("stated", "size", "dpi"), [(300, 800, 300), (72, 2339, 200), (96, 40, 100)]
)
def test_only_a_credible_resolution_is_believed(
    tmp_path: Path, stated: int, size: int, dpi: int
) -> None:
    Image.new("L", (10, size)).save(tmp_path / "a.png", dpi=(stated, stated))

    [page] = pages(tmp_path / "a.png", "image/png")

    assert page.dpi == dpi
