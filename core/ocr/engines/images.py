"""Picture files as upright 8-bit grey pages, one page in memory at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.media.errors import TooManyPixels, UnreadableImage, UnsupportedMedia
from core.ocr.engines.base import Grey, OcrOptions, Page
from core.ocr.engines.errors import TooManyPages

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/x-ms-bmp": "BMP",
}
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8\xff",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "WEBP": (b"RIFF",),
    "GIF": (b"GIF8",),
    "BMP": (b"BM",),
}
PAGED_FORMATS = frozenset({"TIFF"})
A4_LONG_SIDE_IN = 11.69
LOWEST_CREDIBLE_DPI, HIGHEST_CREDIBLE_DPI = 100, 1200
"""72 and 96 are what programs write that do not know."""
LOWEST_GUESS, HIGHEST_GUESS = 100, 600
MIN_LUMINANCE_SHARE = 0.6
"""With less than this share of a channel's contrast, grey loses coloured ink on coloured paper."""
THUMBNAIL_SIDE = 400

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
    with image:
        with _refusals():
            count = _count_frames(image, options) if kind in PAGED_FORMATS else 1
        for index in range(count):
            with _refusals():
                image.seek(index)
                check_size(image.size, options)
                grey = _upright_grey(image)
                dpi = _resolution(image, grey)
            yield Page(index + 1, count, grey, dpi)


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


def _upright_grey(image: Image.Image) -> Grey:
    frame = ImageOps.exif_transpose(image)
    if frame.mode.startswith("I") or frame.mode == "F":
        return _from_wide(np.asarray(frame))
    if "A" in frame.mode or "a" in frame.mode or "transparency" in frame.info:
        frame = _on_white(frame)
    if frame.mode in ("L", "1"):
        return np.asarray(frame.convert("L"))
    return _readable_grey(frame.convert("RGB"))


def _from_wide(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Grey:
    """16-bit, 32-bit and float grey as 8 bits; what lies above 16 bits is stretched."""
    wide = values.astype(np.float32)
    top = float(np.nanmax(wide, initial=1.0))
    full = 255.0 if top <= 255 else max(65535.0, top)
    scaled: Grey = np.clip(np.nan_to_num(wide) * (255.0 / full), 0, 255).astype(np.uint8)
    return scaled


def _on_white(frame: Image.Image) -> Image.Image:
    rgba = frame.convert("RGBA")
    sheet = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(sheet, rgba).convert("RGB")


def _readable_grey(frame: Image.Image) -> Grey:
    """Luminance, or the channel with most contrast where luminance hides coloured ink."""
    small = (
        frame.copy()
        if max(frame.size) <= THUMBNAIL_SIDE
        else frame.reduce(max(1, max(frame.size) // THUMBNAIL_SIDE))
    )
    luminance = _contrast(np.asarray(small.convert("L")))
    channels = [_contrast(np.asarray(channel)) for channel in small.split()]
    best = max(range(len(channels)), key=channels.__getitem__)
    if luminance < MIN_LUMINANCE_SHARE * channels[best]:
        return np.asarray(frame.getchannel(best))
    return np.asarray(frame.convert("L"))


def _contrast(grey: Grey) -> float:
    low, high = np.percentile(grey, (1, 99))
    return float(high - low)
