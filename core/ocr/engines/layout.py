"""From what layout analysis reports to the rectangles that are read one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.ocr.engines.base import Box, Engine, Grey, Region

ANALYSIS_DPI = 100
FIRST_LINES, NEXT_LINES = 2, 5
"""Lines in a page's first rectangle, for early text, and in each one after it."""

NESTED_SHARE = 0.5
"""A block is dropped when more than this share of it lies in a larger one: ghost words."""

MIN_RULES = 3
CLOSE_LINES = 0.12
"""A gap between line boxes, in line heights, below which a tilt is looked for."""
MARGIN = 0.4
"""White kept around a rectangle, in line heights, and at most half the gap to what is near."""


@dataclass(frozen=True)
class LaidBlock:
    """A block of text lines, in pixels of the full page, in reading order."""

    box: Box
    lines: tuple[Box, ...]


@dataclass(frozen=True)
class Rectangle:
    """A part of the page that is read in one call. `block` counts blocks from 0."""

    box: Box
    lines: tuple[Box, ...]
    block: int
    starts_block: bool
    height_ratio: float | None
    """Line height over the page's median where the rectangle is a block of one line."""

    @property
    def line_area(self) -> int:
        """Pixels of its lines, the measure of progress."""
        return sum(line.area for line in self.lines)


@dataclass(frozen=True)
class Layout:
    """A page's blocks; `others` are parts that hold no text."""

    blocks: tuple[LaidBlock, ...]
    others: tuple[Region, ...]

    @property
    def has_table(self) -> bool:
        """Rectangles would break it: ruled tables need the whole page at once."""
        rules = sum(region.kind == "rule" for region in self.others)
        return rules >= MIN_RULES or any(region.kind == "table" for region in self.others)

    @property
    def looks_tilted(self) -> bool:
        """Boxes of lines that follow each other nearly touch, as those of tilted lines do."""
        gaps = [
            (below.top - above.bottom) / max(1, above.height)
            for block in self.blocks
            for above, below in pairwise(block.lines)
        ]
        return bool(gaps) and float(np.median(gaps)) < CLOSE_LINES


def reduction(image: Grey, dpi: int) -> int:
    """The whole factor that brings a page near 100 dpi without making a small picture tiny."""
    return int(max(1, min(dpi // ANALYSIS_DPI, max(image.shape) // 500)))


def reduced(image: Grey, factor: int) -> Grey:
    """The picture `factor` times smaller, by averages."""
    return np.asarray(Image.fromarray(image).reduce(factor)) if factor > 1 else image


def lay_out(engine: Engine, small: Grey, dpi: int, factor: int) -> Layout | None:
    """Layout found on the picture reduced by `factor`, at full size; `dpi` of the full page."""
    regions = engine.analyse(small, max(1, dpi // factor))
    if regions is None:
        return None
    text = [region for region in regions if region.kind in ("text", "table") and region.lines]
    kept = _without_nested(text)
    blocks = tuple(
        LaidBlock(region.box.scaled(factor), tuple(line.scaled(factor) for line in region.lines))
        for region in kept
    )
    others = tuple(
        Region(region.kind, region.box.scaled(factor))
        for region in regions
        if region.kind != "text"
    )
    return Layout(blocks, others)


def _without_nested(regions: list[Region]) -> list[Region]:
    return [
        region
        for region in regions
        if not any(
            other.box.area > region.box.area
            and other.box.overlap(region.box) > NESTED_SHARE * region.box.area
            for other in regions
        )
    ]


def rectangles(layout: Layout, size: tuple[int, int]) -> list[Rectangle]:
    """What is read, in order: two lines first, then up to five of one block. `size`: h, w."""
    lines = [line for block in layout.blocks for line in block.lines]
    if not lines:
        return []
    edges = np.array(lines, dtype=np.int64)
    median = float(np.median(edges[:, 3] - edges[:, 1]))
    found: list[Rectangle] = []
    for number, block in enumerate(layout.blocks):
        ratio = block.lines[0].height / median if len(block.lines) == 1 else None
        start = True
        for group in _groups(block.lines, is_first=not found):
            box = _with_margins(group, edges, size)
            found.append(Rectangle(box, tuple(group), number, start, ratio))
            start = False
    return found


def _groups(lines: tuple[Box, ...], *, is_first: bool) -> list[list[Box]]:
    limit = FIRST_LINES if is_first else NEXT_LINES
    groups: list[list[Box]] = [[lines[0]]]
    for line in lines[1:]:
        if len(groups[-1]) >= limit and _lies_below(line, groups[-1]):
            groups.append([line])
            limit = NEXT_LINES
        else:
            groups[-1].append(line)
    return groups


def _lies_below(line: Box, group: list[Box]) -> bool:
    bottom = max(other.bottom for other in group)
    return line.top + line.bottom > 2 * bottom - line.height // 2


def _with_margins(group: list[Box], edges: npt.NDArray[np.int64], size: tuple[int, int]) -> Box:
    box = group[0]
    for line in group[1:]:
        box = box.around(line)
    margin = max(4.0, MARGIN * box.height / len(group))
    left, top, right, bottom = edges.T
    beside = (top < box.bottom) & (bottom > box.top)
    across = (left < box.right) & (right > box.left)
    return Box(
        max(0, box.left - _room(box.left - right[beside & (right <= box.left)], margin)),
        max(0, box.top - _room(box.top - bottom[across & (top < box.top)], margin)),
        min(size[1], box.right + _room(left[beside & (left >= box.right)] - box.right, margin)),
        min(size[0], box.bottom + _room(top[across & (bottom > box.bottom)] - box.bottom, margin)),
    )


def _room(gaps: npt.NDArray[np.int64], margin: float) -> int:
    """Half the smallest gap, at most the margin; lines that overlap leave none."""
    nearest = float(gaps.min()) if gaps.size else 2 * margin
    return int(max(0.0, min(margin, nearest / 2)))
