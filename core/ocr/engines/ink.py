"""What can be told of a page without reading it: is there ink, and is it dark on light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from core.ocr.engines.base import Box, Grey

Mask = npt.NDArray[np.bool_]

MIN_CONTRAST = 24
"""Grey levels between paper and its darkest specks below which a page counts as blank."""
NOISE_LIMIT = 5.0
"""Ink must be this many deviations of the noise below the paper."""
DARK_PAPER = 128
MIN_INK_PIXELS = 12
BORDER_SHARE = 0.02
"""The outer edge of a scan, where shadows lie, says nothing about text."""


@dataclass(frozen=True)
class Ink:
    """Where ink lies on a reduced picture. `is_inverted`: light ink on dark paper."""

    mask: Mask
    is_inverted: bool

    @property
    def is_blank(self) -> bool:
        """Nothing on the page could be a letter."""
        return int(self.mask.sum()) < MIN_INK_PIXELS

    def coverage(self, boxes: list[Box], factor: int) -> float:
        """The share of the ink that lies in these boxes of the full page, 0..1."""
        total = int(self.mask.sum())
        if not total:
            return 1.0
        covered = np.zeros_like(self.mask)
        for box in boxes:
            rows = slice(max(0, box.top // factor - 2), box.bottom // factor + 3)
            covered[rows, max(0, box.left // factor - 2) : box.right // factor + 3] = True
        return float((self.mask & covered).sum()) / total


def find_ink(small: Grey) -> Ink:
    """Ink is what is clearly darker than the paper around it and than the page's own noise."""
    low, paper, high = (float(v) for v in np.percentile(small, (0.5, 50, 99.5)))
    is_inverted = paper < DARK_PAPER and high - paper > 1.5 * (paper - low)
    upright = 255 - small if is_inverted else small
    depth = background(upright).astype(np.int16) - upright
    noise = float(np.median(np.abs(depth - np.median(depth)))) * 1.4826
    strongest = float(np.percentile(depth, 99.5))
    limit = max(MIN_CONTRAST, NOISE_LIMIT * noise, min(0.4 * strongest, 100.0))
    return Ink(_inside(depth > limit), is_inverted)


def background(grey: Grey, cell: int = 8) -> Grey:
    """The paper's own brightness at each pixel: the brightest cells near it, smoothed."""
    height, width = grey.shape
    if min(height, width) < 2 * cell:
        return np.full_like(grey, np.percentile(grey, 90))
    cells = Image.fromarray(grey).reduce(cell)
    cells = cells.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MedianFilter(5))
    return np.asarray(cells.resize((width, height), Image.Resampling.BILINEAR))


def _inside(mask: Mask) -> Mask:
    height, width = mask.shape
    across, down = int(width * BORDER_SHARE), int(height * BORDER_SHARE)
    kept = np.zeros_like(mask)
    inner = (slice(down, height - down), slice(across, width - across))
    kept[inner] = mask[inner]
    return kept
