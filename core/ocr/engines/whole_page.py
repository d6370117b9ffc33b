"""Reading a page in one call, and what to try when it reads poorly (contract 5.2, 5.6)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from core.ocr.engines.base import Block, Grey, Segmentation
from core.ocr.engines.ink import background
from core.ocr.engines.layout import Layout
from core.ocr.engines.pieces import Found, block_pieces
from core.ocr.engines.quality import confidence, score, words_of
from core.ocr.engines.session import Session
from core.ocr.engines.sheet import Sheet, lay_down

GOOD_ENOUGH = 85
"""A rescue that reads this well ends the ladder."""
NOISE_CONFIDENCE = 40
"""Lines below this mean confidence are texture taken for letters."""


def read_whole(sheet: Sheet, layout: Layout | None, session: Session) -> Found:
    """The page in one call, as the engine's own segmentation orders it."""
    del layout
    return _found(session.read(sheet.image, sheet.dpi, "page"))


def rescue(sheet: Sheet, plain: Found | None, session: Session) -> Found:
    """The best of the plain reading and of those of a cleaned picture; may hold nothing."""
    best = plain or _found(session.read(sheet.image, sheet.dpi, "page"))
    for clean, segmentation in LADDER:
        if best.confidence >= GOOD_ENOUGH:
            break
        session.check()
        cleaned = clean(sheet)
        blocks = session.read(cleaned, sheet.dpi, segmentation, has_local_threshold=True)
        best = max(best, _found(_without_noise(blocks)), key=lambda found: found.score)
    return best


def _calmed(sheet: Sheet) -> Grey:
    """A 3 x 3 median against noise, then straight."""
    return _straight(_median(sheet.image), sheet)


def _flattened(sheet: Sheet) -> Grey:
    """The paper's shading divided out first."""
    paper = background(sheet.image, 16).astype(np.float32)
    flat = np.clip(sheet.image * (255.0 / np.maximum(paper, 1.0)), 0, 255).astype(np.uint8)
    return _straight(_median(flat), sheet)


def _median(image: Grey) -> Grey:
    return np.asarray(Image.fromarray(image).filter(ImageFilter.MedianFilter(3)))


def _straight(image: Grey, sheet: Sheet) -> Grey:
    return lay_down(image, sheet.dpi).straight().image


LADDER: tuple[tuple[Callable[[Sheet], Grey], Segmentation], ...] = (
    (_calmed, "page"),
    (lambda sheet: _median(sheet.image), "block"),
    (_flattened, "page"),
)


def _found(blocks: list[Block]) -> Found:
    words = words_of(blocks)
    return Found(tuple(block_pieces(blocks)), confidence(words) or 0.0, score(blocks))


def _without_noise(blocks: list[Block]) -> list[Block]:
    kept = []
    for block in blocks:
        lines = tuple(
            line for line in block.lines if (confidence(line.words) or 0) >= NOISE_CONFIDENCE
        )
        if lines:
            kept.append(Block(lines, block.box))
    return kept
