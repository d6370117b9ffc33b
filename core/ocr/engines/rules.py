"""Ruling lines of a page and the grids they draw (tables)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from core.ocr.engines.bands import runs
from core.ocr.engines.base import Box
from core.ocr.engines.ink import Mask

LEAST_ACROSS_IN, LEAST_DOWN_IN = 0.5, 0.3
"""Shorter strokes are letters, underlines of a word, or the side of a picture."""
THICKEST_IN = 0.1
"""Thicker strokes are banners and bars; a tilt thickens a rule as well."""
NEAR_IN = 0.05
OPEN_SIDE_IN = 0.2


@dataclass(frozen=True)
class Grid:
    """The cells of a ruled table: `ys` and `xs` are its rules, rising, in pixels."""

    ys: tuple[int, ...]
    xs: tuple[int, ...]

    @property
    def box(self) -> Box:
        """The whole table."""
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.ys) - 1, len(self.xs) - 1

    def cell(self, row: int, column: int) -> Box:
        """One cell, with its rules."""
        return Box(self.xs[column], self.ys[row], self.xs[column + 1], self.ys[row + 1])

    def find(self, box: Box) -> tuple[int, int] | None:
        """The row and column in which the middle of `box` lies; None outside of the table."""
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        row, column = bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1
        rows, columns = self.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None


def find_grids(mask: Mask, dpi: int) -> list[Grid]:
    """Grids of at least two cells, from top to bottom, in pixels of `mask` (at `dpi`)."""
    across = _rules(mask, round(LEAST_ACROSS_IN * dpi), dpi)
    down = [_flipped(box) for box in _rules(mask.T, round(LEAST_DOWN_IN * dpi), dpi)]
    near = max(2, round(NEAR_IN * dpi))
    grids = [
        _grid([across[i] for i in rows], [down[i] for i in columns], dpi)
        for rows, columns in _connected(across, down, near)
    ]
    kept = [grid for grid in grids if grid is not None]
    return sorted(kept, key=lambda grid: grid.box.top)


def _rules(mask: Mask, least: int, dpi: int) -> list[Box]:
    """Horizontal strokes at least `least` long; a drift of a pixel or two does not break one."""
    most = max(3, round(THICKEST_IN * dpi))
    thick = mask.copy()
    thick[1:] |= mask[:-1]
    thick[:-1] |= mask[1:]
    found: list[Box] = []
    long_rows = np.flatnonzero(thick.sum(axis=1) >= least)
    for y in long_rows.tolist():
        for left, right in runs(thick[y], gap=1):
            if right - left >= least:
                _merge(found, Box(left, y, right, y + 1))
    return [box for box in found if box.height <= most]


def _merge(found: list[Box], stroke: Box) -> None:
    for index, box in enumerate(found):
        touches = box.bottom >= stroke.top - 1
        if touches and min(box.right, stroke.right) > max(box.left, stroke.left):
            found[index] = box.around(stroke)
            return
    found.append(stroke)


def _flipped(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def _connected(across: list[Box], down: list[Box], near: int) -> list[tuple[list[int], list[int]]]:
    """Indices of horizontal and vertical rules that cross or touch, a pair a table."""
    left_over = set(range(len(across)))
    groups = []
    while left_over:
        rows, columns, fresh = set(), set(), {left_over.pop()}
        while fresh:
            rows |= fresh
            columns |= {
                j
                for j, vertical in enumerate(down)
                if any(_meet(across[i], vertical, near) for i in fresh)
            }
            fresh = {i for i in left_over if any(_meet(across[i], down[j], near) for j in columns)}
            left_over -= fresh
        groups.append((sorted(rows), sorted(columns)))
    return groups


def _meet(horizontal: Box, vertical: Box, near: int) -> bool:
    return (
        horizontal.left - near <= vertical.right
        and vertical.left <= horizontal.right + near
        and vertical.top - near <= horizontal.bottom
        and horizontal.top <= vertical.bottom + near
    )


def _grid(across: list[Box], down: list[Box], dpi: int) -> Grid | None:
    if not across or not down:
        return None
    near, side = max(2, round(NEAR_IN * dpi)), OPEN_SIDE_IN * dpi
    ys = _places([(box.top + box.bottom) // 2 for box in across], near)
    xs = _places([(box.left + box.right) // 2 for box in down], near)
    left, right = min(box.left for box in across), max(box.right for box in across)
    top, bottom = min(box.top for box in down), max(box.bottom for box in down)
    xs = ([left] if left < xs[0] - side else []) + xs + ([right] if right > xs[-1] + side else [])
    ys = ([top] if top < ys[0] - side else []) + ys + ([bottom] if bottom > ys[-1] + side else [])
    is_table = (len(xs) > 2 and len(ys) > 1) or (len(xs) > 1 and len(ys) > 2)
    return Grid(tuple(ys), tuple(xs)) if is_table else None


def _places(values: list[int], near: int) -> list[int]:
    """The values in order, those closer than `near` to the one before left out."""
    kept: list[int] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > near:
            kept.append(value)
    return kept
