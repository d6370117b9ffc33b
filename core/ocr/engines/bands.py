"""Text lines of a page in one column, found as horizontal bands of ink."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.ocr.engines.base import Box, Grey, Region
from core.ocr.engines.ink import Mask, find_ink

GUTTER = 1.25
"""White inside a line, in line heights, that may be a gutter between columns or cells."""
GUTTER_LINES = 3
"""So many lines in a row with white at the same place are columns; spaces never line up."""
ROW_WHITE = 0.25
"""The white share of a line's width from which on it is a row of cells and not two columns."""
SHORT_END = 0.2
"""Rows may hold half as much white where what follows it is this short, like a price."""
PARAGRAPH_GAP, PARAGRAPH_PITCH = 1.5, 1.25
"""White between lines, and from line to line, in times the usual, that begin a block."""
TALL = 2.2
"""A band this many times the usual height is a picture, a rule of a frame, or lines that touch."""
MANY_DOTS = 0.1
"""With more low bands than this share of the lines, a page is no plain text."""
MOST_STROKES = 3.0
"""Strokes down a column of one line of text are 1.2 to 2.2 on average."""
MIN_HEIGHT_IN = 0.03
LONG_RULE = 0.3

Runs = list[tuple[int, int]]
Gap = tuple[int, int, int]
"""Left, right, and the number of lines through which it runs."""


def single_column(image: Grey, dpi: int) -> list[Region] | None:
    """Blocks of lines from top to bottom, or None when the page is not one plain column."""
    mask = find_ink(image).mask
    least = max(2, round(MIN_HEIGHT_IN * dpi))
    bands = runs(np.asarray(mask.any(axis=1)), gap=1)
    lines = [_line(mask, top, bottom) for top, bottom in bands if bottom - top >= least]
    if not lines:
        return None if bands else []
    usual = sorted(line.height for line in lines)[len(lines) // 2]
    has_odd_bands = (
        len(bands) - len(lines) > MANY_DOTS * len(lines) + 1
        or max(line.height for line in lines) > TALL * usual
    )
    if has_odd_bands or _has_rules(mask) or _has_merged(mask, lines):
        return None
    if _has_columns(mask, lines, usual):
        return None
    return [_region(block) for block in _blocks(lines)]


def _line(mask: Mask, top: int, bottom: int) -> Box:
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    return Box(int(columns[0]), top, int(columns[-1]) + 1, bottom)


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


def _has_merged(mask: Mask, lines: list[Box]) -> bool:
    """A band holds several lines: down its columns there are more strokes than letters have."""
    starts = mask[1:] & ~mask[:-1]
    for line in lines:
        part = slice(line.top, line.bottom)
        inked = int(mask[part].any(axis=0).sum())
        if int(starts[part].sum()) > MOST_STROKES * inked:
            return True
    return False


def _has_columns(mask: Mask, lines: list[Box], usual: int) -> bool:
    """White wider than a space stands at one place through several lines, as between columns.

    Lines that are mostly white are rows of names and figures, as on a receipt: no columns.
    """
    wide = max(3, round(GUTTER * usual))
    open_gaps: list[Gap] = []
    whites, ends, has_gutter = [], [], False
    for line in lines:
        gaps = _gaps(mask, line, wide)
        open_gaps = _carried(open_gaps, gaps, wide)
        has_gutter |= any(count >= GUTTER_LINES for _, _, count in open_gaps)
        if gaps:
            whites.append(sum(right - left for left, right in gaps) / line.width)
            ends.append((line.right - gaps[-1][1]) / line.width)
    if not has_gutter:
        return False
    white, end = (sorted(shares)[len(shares) // 2] for shares in (whites, ends))
    return white < ROW_WHITE and (end > SHORT_END or white < ROW_WHITE / 2)


def _gaps(mask: Mask, line: Box, wide: int) -> Runs:
    columns = np.asarray(mask[line.top : line.bottom, line.left : line.right].any(axis=0))
    return [
        (line.left + start, line.left + end) for start, end in runs(~columns) if end - start >= wide
    ]


def _carried(before: list[Gap], gaps: Runs, wide: int) -> list[Gap]:
    """The gaps of a line, each with the number of lines above through which it runs."""
    found = [(left, right, 1) for left, right in gaps]
    for left, right in gaps:
        for above_left, above_right, count in before:
            shared = (max(left, above_left), min(right, above_right))
            if shared[1] - shared[0] >= wide:
                found.append((*shared, count + 1))
    return found


def _has_rules(mask: Mask) -> bool:
    width = mask.shape[1]
    return any(
        end - start > LONG_RULE * width
        for row in mask[mask.mean(axis=1) > LONG_RULE]
        for start, end in runs(row)
    )


def _blocks(lines: list[Box]) -> list[list[Box]]:
    """Lines with white between them well above the usual are in different blocks."""
    gaps = [below.top - above.bottom for above, below in pairwise(lines)]
    pitches = [
        (below.top + below.bottom - above.top - above.bottom) / 2
        for above, below in pairwise(lines)
    ]
    usual_gap = max(2, sorted(gaps)[len(gaps) // 2]) if gaps else 0
    usual_pitch = sorted(pitches)[len(pitches) // 2] if pitches else 0
    blocks = [[lines[0]]]
    for line, gap, pitch in zip(lines[1:], gaps, pitches, strict=True):
        if gap > PARAGRAPH_GAP * usual_gap and pitch > PARAGRAPH_PITCH * usual_pitch:
            blocks.append([line])
        else:
            blocks[-1].append(line)
    return blocks


def _region(lines: list[Box]) -> Region:
    box = lines[0]
    for line in lines[1:]:
        box = box.around(line)
    return Region("text", box, tuple(lines))
