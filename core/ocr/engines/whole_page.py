"""Reading a page in one call, and what to try when it reads poorly (contract 5.2, 5.6)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from core.ocr.engines.base import Block, Box, Grey, Segmentation
from core.ocr.engines.ink import background
from core.ocr.engines.layout import Layout
from core.ocr.engines.pieces import Found, block_pieces
from core.ocr.engines.quality import confidence, score, words_of
from core.ocr.engines.session import Session
from core.ocr.engines.sheet import Sheet, lay_down

GOOD_ENOUGH = 85
"""A rescue that reads this well ends the ladder."""
PROBE_LINES = 3
HOPELESS_CONFIDENCE = 50
NOISE_CONFIDENCE = 40
"""Lines below this mean confidence are texture taken for letters."""


def settle_language(sheet: Sheet, layout: Layout | None, session: Session) -> bool:
    """Find the language on a few lines, before a whole page is read in it.

    False when those lines cannot be read at all: then the whole page would not be, slowly.
    """
    if session.language.is_decided or layout is None or not layout.blocks:
        return True
    lines = max((block.lines[:PROBE_LINES] for block in layout.blocks), key=_width)
    box = lines[0]
    for line in lines[1:]:
        box = box.around(line)
    read = session.read(sheet.crop(box), sheet.dpi)
    return (confidence(words_of(read)) or 0.0) >= HOPELESS_CONFIDENCE


def _width(lines: tuple[Box, ...]) -> int:
    return sum(line.width for line in lines)


def read_whole(sheet: Sheet, layout: Layout | None, session: Session) -> Found:
    """The page in one call, as the engine's own segmentation orders it."""
    del layout
    return _found(session.read_page(sheet.image, sheet.dpi))


def rescue(sheet: Sheet, plain: Found | None, session: Session) -> Found:
    """The best of the plain reading and of those of a cleaned picture; may hold nothing."""
    best = plain or Found((), 0.0, 0.0)
    for clean, segmentation, has_local_threshold in LADDER if plain else (PLAIN, *LADDER):
        if best.confidence >= GOOD_ENOUGH or session.is_half_over():
            break
        cleaned = clean(sheet)
        blocks = session.read_page(
            cleaned.image, cleaned.dpi, segmentation, has_local_threshold=has_local_threshold
        )
        best = max(best, _found(without_noise(blocks)), key=lambda found: found.score)
    return best


def _calmed(sheet: Sheet) -> Sheet:
    """A 3 x 3 median against noise, then straight."""
    return _with(sheet, _median(sheet.image)).straight()


def _flattened(sheet: Sheet) -> Sheet:
    """The paper's shading divided out first."""
    paper = background(sheet.image, 16).astype(np.float32)
    flat = np.clip(sheet.image * (255.0 / np.maximum(paper, 1.0)), 0, 255).astype(np.uint8)
    return _with(sheet, _median(flat)).straight()


def _median(image: Grey) -> Grey:
    return np.asarray(Image.fromarray(image).filter(ImageFilter.MedianFilter(3)))


def _with(sheet: Sheet, image: Grey) -> Sheet:
    return lay_down(image, sheet.dpi, sheet.rotation)


Step = tuple[Callable[[Sheet], Sheet], Segmentation, bool]
PLAIN: Step = (lambda sheet: sheet, "page", False)
LADDER: tuple[Step, ...] = (
    (_calmed, "page", True),
    (lambda sheet: _with(sheet, _median(sheet.image)), "block", True),
    (_flattened, "page", True),
)


def _found(blocks: list[Block]) -> Found:
    words = words_of(blocks)
    return Found(tuple(block_pieces(blocks)), confidence(words) or 0.0, score(blocks))


def without_noise(blocks: list[Block]) -> list[Block]:
    """The blocks without lines that are hardly letters."""
    kept = []
    for block in blocks:
        lines = tuple(
            line for line in block.lines if (confidence(line.words) or 0) >= NOISE_CONFIDENCE
        )
        if lines:
            kept.append(Block(lines, block.box))
    return kept
