"""Pictures of every colour model as upright 8-bit grey.

The decoded picture is there once, and whatever else it takes is done strip by strip: a page of
60 megapixels with transparency would otherwise be there four times, in 4 bytes a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import ExifTags, Image

from core.ocr.engines.base import Grey

STRIP_PIXELS = 2**22
THUMBNAIL_SIDE = 400
MIN_LUMINANCE_SHARE = 0.6
"""With less than this share of a channel's contrast, grey loses coloured ink on coloured paper."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture of each EXIF orientation upright (Exif 3.0, 4.6.5.1)."""


def upright_grey(image: Image.Image) -> Grey:
    """The current frame in grey, upright by its EXIF orientation, transparency on white.

    Raises: what Pillow's decoders raise on damaged files.
    """
    image.load()
    grey = _grey(image)
    turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return grey if turn is None else np.asarray(Image.fromarray(grey).transpose(turn))


def _grey(image: Image.Image) -> Grey:
    if image.mode.startswith("I") or image.mode == "F":
        return _from_wide(image)
    if image.mode in ("L", "1") and not _has_transparency(image):
        return np.asarray(image if image.mode == "L" else image.convert("L"))
    return _readable_grey(image)


def _has_transparency(image: Image.Image) -> bool:
    return "A" in image.mode or "a" in image.mode or "transparency" in image.info


def _strips(image: Image.Image, step: int = 1) -> Iterator[tuple[slice, Image.Image]]:
    """Rows of the picture from top to bottom; the number in each is a multiple of `step`."""
    rows = max(1, STRIP_PIXELS // image.width // step) * step
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        yield slice(top, bottom), image.crop((0, top, image.width, bottom))


def _from_wide(image: Image.Image) -> Grey:
    """16-bit, 32-bit and float grey as 8 bits; what lies above 16 bits is stretched."""
    tops = [np.nanmax(_floats(strip), initial=1.0) for _, strip in _strips(image)]
    top = float(max(tops))
    full = 255.0 if top <= 255 else max(65535.0, top)
    grey = np.empty((image.height, image.width), np.uint8)
    for rows, strip in _strips(image):
        grey[rows] = np.clip(np.nan_to_num(_floats(strip)) * (255.0 / full), 0, 255)
    return grey


def _floats(strip: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(strip).astype(np.float32)


def _readable_grey(image: Image.Image) -> Grey:
    """Luminance, or the channel with most contrast where luminance hides coloured ink."""
    channel = _readable_channel(image)
    grey = np.empty((image.height, image.width), np.uint8)
    for rows, strip in _strips(image):
        coloured = _on_white(strip)
        single = coloured.convert("L") if channel is None else coloured.getchannel(channel)
        grey[rows] = np.asarray(single)
    return grey


def _readable_channel(image: Image.Image) -> int | None:
    """Red, green or blue (0 to 2) where it alone shows the ink; None is luminance."""
    step = max(1, max(image.size) // THUMBNAIL_SIDE)
    small = [np.asarray(_on_white(strip).reduce(step)) for _, strip in _strips(image, step)]
    thumbnail = Image.fromarray(np.concatenate(small))
    luminance = _contrast(np.asarray(thumbnail.convert("L")))
    channels = [_contrast(np.asarray(channel)) for channel in thumbnail.split()]
    best = max(range(len(channels)), key=channels.__getitem__)
    return best if luminance < MIN_LUMINANCE_SHARE * channels[best] else None


def _on_white(strip: Image.Image) -> Image.Image:
    """A strip in red, green and blue, on white paper where it is transparent."""
    if not _has_transparency(strip):
        return strip if strip.mode == "RGB" else strip.convert("RGB")
    rgba = strip.convert("RGBA")
    sheet = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(sheet, rgba).convert("RGB")


def _contrast(grey: Grey) -> float:
    low, high = np.percentile(grey, (1, 99))
    return float(high - low)
