"""Picture files as upright 8-bit grey pages, one page in memory at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from core.media.errors import TooManyPixels, UnreadableImage, UnsupportedMedia
from core.ocr.engines.base import Grey, OcrOptions, Page
from core.ocr.engines.errors import TooManyPages
from core.ocr.engines.grey import upright_grey

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/x-ms-bmp": "BMP",
    # By the names that libmagic has had for them.
    "image/x-portable-pixmap": "PPM",
    "image/x-portable-greymap": "PPM",
    "image/x-portable-graymap": "PPM",
    "image/x-portable-bitmap": "PPM",
    "image/x-tga": "TGA",
    "image/x-pcx": "PCX",
    "image/vnd.zbrush.pcx": "PCX",
}
"""What is read: simple decoders, and those that every browser has. An icon is decoded before its
size can be looked at, and JPEG 2000 is a large library that is hardly ever needed: neither is."""
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8\xff",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "WEBP": (b"RIFF",),
    "GIF": (b"GIF8",),
    "BMP": (b"BM",),
    "PPM": tuple(b"P%d" % kind for kind in range(1, 7)),
    "PCX": (b"\n",),
    "TGA": (),  # It has none: libmagic tells it by what its header may hold.
}
PAGED_FORMATS = frozenset({"TIFF"})
A4_LONG_SIDE_IN = 11.69
LOWEST_CREDIBLE_DPI, HIGHEST_CREDIBLE_DPI = 100, 1200
"""72 and 96 are what programs write that do not know."""
LOWEST_GUESS, HIGHEST_GUESS = 100, 600

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, MemoryError)
"""What Pillow's decoders raise on damaged files, next to its own errors."""


def read_pages(path: Path, mime: str, options: OcrOptions) -> Iterator[Page]:
    """The pages of a picture file. Only a TIFF has more than one; others give their first frame.

    Raises: UnsupportedMedia, UnreadableImage, TooManyPages, TooManyPixels.
    """
    kind = FORMATS.get(mime)
    if kind is None:
        raise UnsupportedMedia("This type of file is not read.")
    with _refusals():
        image = _open(path, kind)
    with closing(image):
        if kind in PAGED_FORMATS:
            yield from _frames(image, options)
            return
        page = _page(image, 0, 1, options)
    # Its pixels in colour are given back before it is read.
    yield page


def _frames(image: Image.Image, options: OcrOptions) -> Iterator[Page]:
    with _refusals():
        count = _count_frames(image, options)
    for index in range(count):
        yield _page(image, index, count, options)


def _page(image: Image.Image, index: int, count: int, options: OcrOptions) -> Page:
    with _refusals():
        image.seek(index)
        check_size(image.size, options)
        grey = upright_grey(image)
        return Page(index + 1, count, grey, _resolution(image, grey))


def _open(path: Path, kind: str) -> Image.Image:
    """Open by content as `kind` alone; what bears its signature but not a header is damaged."""
    try:
        return Image.open(path, formats=[kind])
    except UnidentifiedImageError as error:
        with path.open("rb") as file:
            start = file.read(16)
        if start.startswith(SIGNATURES[kind]):
            raise UnreadableImage("The picture is damaged or truncated.") from error
        raise UnsupportedMedia("The content is not a picture of the type it claims.") from error


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels("The picture has too many pixels.") from error
    except _DAMAGE as error:
        raise UnreadableImage("The picture is damaged or truncated.") from error


def _count_frames(image: Image.Image, options: OcrOptions) -> int:
    for index in range(options.max_pages + 1):
        try:
            image.seek(index)
        except EOFError:
            return index
    raise TooManyPages(f"The document has more than {options.max_pages} pages.")


def check_size(size: tuple[int, int], options: OcrOptions) -> None:
    """Refuse a page above the limits. Raises TooManyPixels."""
    width, height = size
    if width * height > options.max_page_pixels or max(size) > options.max_side:
        raise TooManyPixels(
            f"The page has {width} x {height} pixels; at most {options.max_page_pixels:,} in all "
            f"and {options.max_side:,} a side are read."
        )


def _resolution(image: Image.Image, grey: Grey) -> int:
    stated = image.info.get("dpi", (0, 0))
    dpi: int = round(float(stated[0])) if isinstance(stated, tuple) and stated[0] else 0
    if LOWEST_CREDIBLE_DPI <= dpi <= HIGHEST_CREDIBLE_DPI:
        return dpi
    guess: int = round(max(grey.shape) / A4_LONG_SIDE_IN)
    return min(max(guess, LOWEST_GUESS), HIGHEST_GUESS)
