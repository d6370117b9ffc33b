"""How far a page is tilted, by the sharpness of its lines' profile, and setting it straight."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.ocr.engines.base import Grey
from core.ocr.engines.ink import Mask

WIDEST_DEG, COARSE_DEG, FINE_DEG = 12.0, 0.5, 0.05
LEAST_DEG = 0.12
"""Tilts below this do no harm; rotating would only blur."""
SAMPLES = 20_000


def tilt(mask: Mask) -> float:
    """Degrees the lines fall to the right (clockwise), within 12; 0.0 when there is no telling."""
    rows, columns = np.nonzero(mask)
    if len(rows) < 50:
        return 0.0
    if len(rows) > SAMPLES:
        chosen = np.random.default_rng(1).choice(len(rows), SAMPLES, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    coarse = np.arange(-WIDEST_DEG, WIDEST_DEG + COARSE_DEG, COARSE_DEG)
    best = _sharpest(rows, columns, coarse)
    fine = np.arange(best - COARSE_DEG, best + COARSE_DEG + FINE_DEG, FINE_DEG)
    best = _sharpest(rows, columns, fine)
    return best if abs(best) >= LEAST_DEG else 0.0


def straightened(image: Grey, degrees: float) -> Grey:
    """The picture with a clockwise tilt of `degrees` taken out; corners in the paper's grey."""
    if not degrees:
        return image
    paper = int(np.percentile(image[:: max(1, image.shape[0] // 200)], 75))
    turned = Image.fromarray(image).rotate(
        degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=paper
    )
    return np.asarray(turned)


def _sharpest(
    rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], angles: npt.NDArray[np.float64]
) -> float:
    best, best_sharpness = 0.0, -1.0
    for angle in angles:
        heights = rows - columns * np.tan(np.radians(angle))
        profile = np.bincount((heights - heights.min()).astype(np.int64)).astype(np.float64)
        sharpness = float((np.diff(profile) ** 2).sum())
        if sharpness > best_sharpness:
            best, best_sharpness = float(angle), sharpness
    return best
