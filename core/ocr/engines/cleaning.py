"""Pictures of poor pages made better to read: smoothed, despeckled, evenly lit."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from core.ocr.engines.base import Grey
from core.ocr.engines.ink import background
from core.ocr.engines.sheet import Sheet, lay_down

STRONG_BLUR_IN, LIGHT_BLUR_IN, MOST_BLUR_PX = 0.0075, 0.005, 3.0
"""Radius of the blur: 1.5 and 1 pixels at 200 dpi."""


ISOLATED_SHARE = 0.003
"""Of a page's pixels, those that stand alone; text has less than a tenth of this."""
ISOLATED_DEPTH = 60
SAMPLE_PX = 700
ROWS_AT_ONCE = 256


def prepared(sheet: Sheet) -> Sheet:
    """The sheet as it is, or cleaned of what would spoil every reading of it."""
    if sheet.ink.is_blank:
        return sheet
    if sheet.ink.is_faint:
        return smoothed(sheet)
    if _is_speckled(sheet.image):
        sheet = _with(sheet, _median(sheet.image))
    if sheet.ink.is_unevenly_lit:
        sheet = _with(sheet, _evenly_lit(sheet.image))
    return sheet


def smoothed(sheet: Sheet) -> Sheet:
    """Grain blurred away, all greys used, set straight."""
    return _with(sheet, _stretched(_blurred(sheet.image, sheet.dpi, STRONG_BLUR_IN))).straight()


def despeckled(sheet: Sheet) -> Sheet:
    """Specks taken out by a 3 x 3 median, then lightly blurred."""
    calm = _blurred(_median(sheet.image), sheet.dpi, LIGHT_BLUR_IN)
    return _with(sheet, _stretched(calm))


def flattened(sheet: Sheet) -> Sheet:
    """The paper's shading divided out, then lightly blurred and set straight."""
    calm = _blurred(_evenly_lit(sheet.image), sheet.dpi, LIGHT_BLUR_IN)
    return _with(sheet, _stretched(calm)).straight()


def _is_speckled(image: Grey) -> bool:
    """Many pixels of the page's middle are much darker than all four beside them."""
    height, width = image.shape
    top, left = max(0, (height - SAMPLE_PX) // 2), max(0, (width - SAMPLE_PX) // 2)
    part = image[top : top + SAMPLE_PX, left : left + SAMPLE_PX].astype(np.int16)
    if min(part.shape) < 20:
        return False
    beside = (part[:-2, 1:-1], part[2:, 1:-1], part[1:-1, :-2], part[1:-1, 2:])
    darkest = np.minimum.reduce(beside)
    return float((part[1:-1, 1:-1] < darkest - ISOLATED_DEPTH).mean()) > ISOLATED_SHARE


def _median(image: Grey) -> Grey:
    return np.asarray(Image.fromarray(image).filter(ImageFilter.MedianFilter(3)))


def _evenly_lit(image: Grey) -> Grey:
    """By some rows at a time: as floats the whole page would take four times its memory."""
    paper = background(image, 16)
    flat = np.empty_like(image)
    for top in range(0, len(image), ROWS_AT_ONCE):
        rows = slice(top, top + ROWS_AT_ONCE)
        factor = 255.0 / np.maximum(paper[rows].astype(np.float32), 1.0)
        flat[rows] = np.clip(image[rows] * factor, 0, 255)
    return flat


def _blurred(image: Grey, dpi: int, radius_in: float) -> Grey:
    radius = min(MOST_BLUR_PX, radius_in * dpi)
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def _stretched(grey: Grey) -> Grey:
    """From the darkest specks to the paper, spread over all 256 greys."""
    low, paper = (float(level) for level in np.percentile(grey[::2, ::2], (0.5, 60)))
    greys = np.arange(256, dtype=np.float32)
    stretched = np.clip((greys - low) * (255.0 / max(1.0, paper - low)), 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(grey).point(stretched.tolist()))


def _with(sheet: Sheet, image: Grey) -> Sheet:
    return lay_down(image, sheet.dpi, sheet.rotation)
