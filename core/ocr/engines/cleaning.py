"""Pictures of poor pages made better to read: smoothed, despeckled, evenly lit."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from core.ocr.engines.base import Grey
from core.ocr.engines.ink import background
from core.ocr.engines.sheet import Sheet, lay_down

STRONG_BLUR_IN, LIGHT_BLUR_IN, MOST_BLUR_PX = 0.0075, 0.005, 3.0
"""Radius of the blur: 1.5 and 1 pixels at 200 dpi."""


def smoothed(sheet: Sheet) -> Sheet:
    """Grain blurred away, all greys used, set straight."""
    return _with(sheet, _stretched(_blurred(sheet, STRONG_BLUR_IN))).straight()


def despeckled(sheet: Sheet) -> Sheet:
    """Specks taken out by a 3 x 3 median, then lightly blurred."""
    calm = Image.fromarray(sheet.image).filter(ImageFilter.MedianFilter(3))
    return _with(sheet, _stretched(_blurred(_with(sheet, np.asarray(calm)), LIGHT_BLUR_IN)))


def flattened(sheet: Sheet) -> Sheet:
    """The paper's shading divided out, then lightly blurred and set straight."""
    paper = background(sheet.image, 16).astype(np.float32)
    flat = np.clip(sheet.image * (255.0 / np.maximum(paper, 1.0)), 0, 255).astype(np.uint8)
    return _with(sheet, _stretched(_blurred(_with(sheet, flat), LIGHT_BLUR_IN))).straight()


def _blurred(sheet: Sheet, radius_in: float) -> Grey:
    radius = min(MOST_BLUR_PX, radius_in * sheet.dpi)
    return np.asarray(Image.fromarray(sheet.image).filter(ImageFilter.GaussianBlur(radius)))


def _stretched(grey: Grey) -> Grey:
    """From the darkest specks to the paper, spread over all 256 greys."""
    low, paper = (float(level) for level in np.percentile(grey[::2, ::2], (0.5, 60)))
    spread = (grey.astype(np.float32) - low) * (255.0 / max(1.0, paper - low))
    stretched: Grey = np.clip(spread, 0, 255).astype(np.uint8)
    return stretched


def _with(sheet: Sheet, image: Grey) -> Sheet:
    return lay_down(image, sheet.dpi, sheet.rotation)
