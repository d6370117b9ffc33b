"""What reading a page gives, piece by piece: recognised lines with their place in the markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.ocr.engines.base import Block, Box, ChunkKind, Line
from core.ocr.engines.markdown import heading_markdown, lines_markdown
from core.ocr.engines.quality import confidence

POOR_CONFIDENCE = 75
"""Below this mean confidence a page, or a rectangle, is tried in other ways."""


@dataclass(frozen=True)
class Piece:
    """Lines of one block. `share`: how much of the page is done after it, 0..1."""

    kind: ChunkKind
    markdown: str
    lines: tuple[Line, ...]
    starts_block: bool
    share: float

    @property
    def box(self) -> Box:
        """The smallest box around the lines."""
        box = self.lines[0].box
        for line in self.lines[1:]:
            box = box.around(line.box)
        return box

    @property
    def confidence(self) -> float:
        """Mean confidence a character, 0..100."""
        return confidence(word for line in self.lines for word in line.words) or 0.0


@dataclass(frozen=True)
class PageFacts:
    """What is known of a page that was read; sizes in pixels of the upright page."""

    width: int
    height: int
    rotation: int


@dataclass(frozen=True)
class Found:
    """One whole reading of a page. `confidence` 0..100, 0 without words; see `quality.score`."""

    pieces: tuple[Piece, ...]
    confidence: float
    score: float

    @property
    def is_good(self) -> bool:
        """Nothing else needs to be tried. An empty page is not good: it may hide its text."""
        return self.confidence >= POOR_CONFIDENCE


def moved(lines: Iterable[Line], origin: Box) -> list[Line]:
    """Lines read in a crop, in the pixels of the page it was cut from."""
    left, top = origin.left, origin.top
    return [
        Line(
            tuple(word._replace(box=word.box.moved(left, top)) for word in line.words),
            line.box.moved(left, top),
        )
        for line in lines
    ]


def text_piece(
    lines: Iterable[Line], *, starts_block: bool, share: float, height_ratio: float | None = None
) -> Piece | None:
    """Lines as a piece of running text, a list, or a heading; None without lines.

    `height_ratio`: line height over the page's median, for a block of a single line.
    """
    kept = tuple(lines)
    if not kept:
        return None
    if height_ratio is not None and len(kept) == 1:
        heading = heading_markdown(kept[0].text, height_ratio)
        if heading:
            return Piece("heading", heading, kept, starts_block, share)
    marked = lines_markdown([line.text for line in kept])
    kind: ChunkKind = "list" if all(line.startswith("- ") for line in marked) else "text"
    return Piece(kind, "\n".join(marked), kept, starts_block, share)


def block_pieces(blocks: list[Block]) -> Iterator[Piece]:
    """Whole blocks as pieces; progress grows with their lines."""
    heights = sorted(line.box.height for block in blocks for line in block.lines)
    median = heights[len(heights) // 2] if heights else 1
    total, read = max(1, len(heights)), 0
    for block in blocks:
        read += len(block.lines)
        share = read / total
        ratio = block.lines[0].box.height / max(1, median) if len(block.lines) == 1 else None
        piece = text_piece(block.lines, starts_block=True, share=share, height_ratio=ratio)
        if piece:
            yield piece
