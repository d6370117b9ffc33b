"""Text lines of a page in one column, found as horizontal bands of ink."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.ocr.engines.base import Box, Grey, Region
from core.ocr.engines.ink import Mask, find_ink

WIDE_GAP = 2.5
"""White inside a line, in line heights, that divides columns or cells."""
DIVIDED_SHARE = 0.2
"""With more of its lines divided, a page has columns or tables."""
PARAGRAPH_GAP = 1.5
"""White between lines, in times the usual, that begins a block."""
TALL = 2.5
"""A band this many times the usual height is a picture, a rule of a frame, or lines that touch."""
MIN_HEIGHT_IN = 0.03
LONG_RULE = 0.3

Runs = list[tuple[int, int]]


def single_column(image: Grey, dpi: int) -> list[Region] | None:
    """Blocks of lines from top to bottom, or None when the page is not one plain column."""
    mask = find_ink(image).mask
    lines = _lines(mask, max(2, round(MIN_HEIGHT_IN * dpi)))
    if not lines:
        return []
    heights = sorted(line.height for line in lines)
    usual = heights[len(heights) // 2]
    is_plain = heights[-1] <= TALL * usual and not _has_rules(mask)
    if not is_plain or _divided(mask, lines, usual) > DIVIDED_SHARE * len(lines):
        return None
    return [_region(block) for block in _blocks(lines)]


def _lines(mask: Mask, least: int) -> list[Box]:
    found = []
    for top, bottom in runs(np.asarray(mask.any(axis=1)), gap=1):
        if bottom - top >= least:
            columns = np.flatnonzero(mask[top:bottom].any(axis=0))
            found.append(Box(int(columns[0]), top, int(columns[-1]) + 1, bottom))
    return found


def runs(flags: npt.NDArray[np.bool_], *, gap: int = 0) -> Runs:
    """Stretches of True as (start, end); those at most `gap` apart are one."""
    padded = np.concatenate(([False], flags, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded))
    joined: Runs = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _divided(mask: Mask, lines: list[Box], usual: int) -> int:
    """How many lines have a white stretch too wide to be a space."""
    count = 0
    for line in lines:
        columns = np.asarray(mask[line.top : line.bottom, line.left : line.right].any(axis=0))
        white = max((end - start for start, end in runs(~columns)), default=0)
        count += white > WIDE_GAP * max(usual, line.height)
    return count


def _has_rules(mask: Mask) -> bool:
    width = mask.shape[1]
    return any(
        end - start > LONG_RULE * width
        for row in mask[mask.mean(axis=1) > LONG_RULE]
        for start, end in runs(row)
    )


def _blocks(lines: list[Box]) -> list[list[Box]]:
    gaps = [below.top - above.bottom for above, below in pairwise(lines)]
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0
    blocks = [[lines[0]]]
    for line, gap in zip(lines[1:], gaps, strict=True):
        if gap > PARAGRAPH_GAP * max(usual, 2) + 1:
            blocks.append([line])
        else:
            blocks[-1].append(line)
    return blocks


def _region(lines: list[Box]) -> Region:
    box = lines[0]
    for line in lines[1:]:
        box = box.around(line)
    return Region("text", box, tuple(lines))
