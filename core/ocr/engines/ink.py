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
LEAST_NOISE, FAINT_CONTRAST = 2.0, 10.0
EVEN_LIGHT, GENTLE_STEP = 0.75, 0.06
FAINT_SHARE = 0.15
"""Ink must be this share as deep as the page's darkest."""
FEW_PIXELS = 100_000
DARK_PAPER = 128
MIN_INK_PIXELS = 25
"""A letter of 10 points has 30 to 60 at 100 dpi."""
SIDEWAYS = 1.5
BORDER_SHARE = 0.02
"""The outer edge of a scan, where shadows lie, says nothing about text."""


@dataclass(frozen=True)
class Ink:
    """Where ink lies on a reduced picture. `is_inverted`: light ink on dark paper."""

    mask: Mask
    is_inverted: bool
    is_faint: bool = False
    """Letters hardly stand out from the noise: the picture must be smoothed to be read."""
    is_unevenly_lit: bool = False
    """The paper's own brightness changes gently across the page, as in photographs."""

    @property
    def is_blank(self) -> bool:
        """Nothing on the page could be a letter."""
        return int(self.mask.sum()) < MIN_INK_PIXELS

    @property
    def looks_sideways(self) -> bool:
        """Ink comes and goes across the page more sharply than down it, as lines on end do."""
        down = np.diff(self.mask.mean(axis=1))
        across = np.diff(self.mask.mean(axis=0))
        return bool(across.size and down.size) and _power(across) > SIDEWAYS * _power(down)

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
    low, paper, high = _levels(small)
    is_inverted = paper < DARK_PAPER and high - paper > 1.5 * (paper - low)
    if is_inverted:
        low, paper = 255 - high, 255 - paper
    upright = 255 - small if is_inverted else small
    paper_there = background(upright)
    depth = paper_there.astype(np.int16) - upright
    sample = depth[::3, ::3] if depth.size > FEW_PIXELS else depth
    noise = float(np.median(np.abs(sample - np.median(sample)))) * 1.4826
    limit = max(MIN_CONTRAST, NOISE_LIMIT * noise, FAINT_SHARE * (paper - low))
    is_faint = noise > LEAST_NOISE and (paper - low) < FAINT_CONTRAST * noise
    return Ink(_inside(depth > limit), is_inverted, is_faint, _is_shaded(paper_there))


def _levels(grey: Grey) -> tuple[float, float, float]:
    """The darkest specks, the paper and the lightest specks: percentiles 0.5, 50 and 99.5."""
    # Not by `np.bincount`, which takes eight bytes a pixel.
    shares = np.cumsum(Image.fromarray(grey).histogram()) / grey.size
    low, middle, high = np.searchsorted(shares, (0.005, 0.5, 0.995))
    return float(low), float(middle), float(high)


def background(grey: Grey, cell: int = 8) -> Grey:
    """The paper's own brightness at each pixel: the brightest cells near it, smoothed."""
    height, width = grey.shape
    if min(height, width) < 2 * cell:
        return np.full_like(grey, np.percentile(grey, 90))
    cells = Image.fromarray(grey).reduce(cell)
    cells = cells.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MedianFilter(5))
    return np.asarray(cells.resize((width, height), Image.Resampling.BILINEAR))


def _is_shaded(paper: Grey) -> bool:
    """Brightness differs much over the page and little from place to place: no pictures."""
    cells = paper[::8, ::8].astype(np.float64)
    if min(cells.shape) < 4:
        return False
    low, high = np.percentile(cells, (2, 98))
    steps = [np.percentile(np.abs(np.diff(cells, axis=axis)), 99) for axis in (0, 1)]
    return bool(low < EVEN_LIGHT * high and max(steps) < GENTLE_STEP * high)


def _power(changes: npt.NDArray[np.float64]) -> float:
    return float((changes**2).mean())


def _inside(mask: Mask) -> Mask:
    height, width = mask.shape
    across, down = int(width * BORDER_SHARE), int(height * BORDER_SHARE)
    kept = np.zeros_like(mask)
    inner = (slice(down, height - down), slice(across, width - across))
    kept[inner] = mask[inner]
    return kept
