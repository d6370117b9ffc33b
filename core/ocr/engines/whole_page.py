"""Reading a page in one call, and what to try when it reads poorly (contract 5.2, 5.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.ocr.engines.base import Block, Box, Line, Segmentation
from core.ocr.engines.cleaning import despeckled, flattened, smoothed
from core.ocr.engines.layout import Layout
from core.ocr.engines.pieces import Found, Piece, block_pieces
from core.ocr.engines.quality import confidence, lines_of, score, words_of
from core.ocr.engines.rules import Grid
from core.ocr.engines.session import Session
from core.ocr.engines.sheet import Sheet
from core.ocr.engines.tables import Filled, grids_of, split_tables

GOOD_ENOUGH = 90
"""A rescue that reads this well ends the ladder."""
MIN_COVERAGE = 0.9
CLEAR_GAIN, MOST_DOUBT = 1.05, 5
"""How much more text a reading as one block must give, and how much confidence it may cost."""
PROBE_LINES = 3
HOPELESS_CONFIDENCE = 50
WORTHLESS = 55
"""The best reading of a poor page below this is of texture; no text is better."""
NOISE_CONFIDENCE, SURE_WORD = 45, 60
"""A rescued line must have this mean confidence, and a word of two letters this sure."""


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
    """The page in one call, as the engine's own segmentation orders it; tables by cells.

    Segmentation loses the far ends of lines that are set like a table but have no rules: where
    ink stays without words, reading the page as one block is tried too.
    """
    grids = grids_of(sheet)
    blocks = session.read_page(sheet.image, sheet.dpi)
    if not grids and _coverage(sheet, layout, blocks) < MIN_COVERAGE:
        again = session.read_page(sheet.image, sheet.dpi, "block")
        if _is_clearly_better(again, blocks):
            blocks = again
    if not grids:
        return found_of(blocks)
    return _with_tables(sheet, blocks, grids, session)


def _coverage(sheet: Sheet, layout: Layout | None, blocks: list[Block]) -> float:
    """The share of ink in words, pictures left aside."""
    boxes = [line.box for line in lines_of(blocks)]
    pictures = [other.box for other in layout.others if other.kind == "picture"] if layout else []
    return sheet.ink.coverage(boxes + pictures, sheet.factor)


def _is_clearly_better(new: list[Block], old: list[Block]) -> bool:
    if score(new) < CLEAR_GAIN * score(old):
        return False
    return (confidence(words_of(new)) or 0) >= (confidence(words_of(old)) or 0) - MOST_DOUBT


def _with_tables(sheet: Sheet, blocks: list[Block], grids: list[Grid], session: Session) -> Found:
    parts = split_tables(blocks, grids)
    pieces: list[Piece] = []
    for number, part in enumerate(parts):
        share = (number + 1) / len(parts)
        if isinstance(part, Filled):
            part.complete(sheet, lambda crop: session.read_page(crop, sheet.dpi, "block"))
            table = part.piece(share)
            pieces += [table] if table else []
        else:
            pieces += [replace(piece, share=share) for piece in block_pieces([part])]
    return found_in(tuple(pieces))


def rescue(sheet: Sheet, plain: Found | None, session: Session) -> Found:
    """The best of the plain reading and of those of a cleaned picture; may hold nothing."""
    best = _quiet(plain) if plain else Found((), 0.0, 0.0)
    for clean, segmentation, has_local_threshold in LADDER if plain else (PLAIN, *LADDER):
        if best.confidence >= GOOD_ENOUGH or session.is_half_over():
            break
        cleaned = clean(sheet)
        blocks = session.read_page(
            cleaned.image, cleaned.dpi, segmentation, has_local_threshold=has_local_threshold
        )
        best = max(best, found_of(without_noise(blocks)), key=lambda found: found.score)
    return best if best.confidence >= WORTHLESS else Found((), 0.0, 0.0)


def _quiet(found: Found) -> Found:
    """A reading without pieces that are texture taken for letters."""
    pieces = tuple(piece for piece in found.pieces if any(map(_is_text, piece.lines)))
    return found_in(pieces)


Step = tuple[Callable[[Sheet], Sheet], Segmentation, bool]
PLAIN: Step = (lambda sheet: sheet, "page", False)
LADDER: tuple[Step, ...] = (
    (smoothed, "page", False),
    (smoothed, "block", False),
    (despeckled, "block", False),
    (flattened, "page", True),
)
"""What cleans, how the result is segmented, and whether by local thresholds. On drawn receipts
(tilt 2 to 5 degrees, 40 to 110 grey levels, noise of 6 to 25) the first alone reads 97 % right."""


def found_of(blocks: list[Block]) -> Found:
    """The blocks as a reading of a page."""
    return found_in(tuple(block_pieces(blocks)))


def found_in(pieces: tuple[Piece, ...]) -> Found:
    """The pieces as a reading of a page."""
    words = [word for piece in pieces for line in piece.lines for word in line.words]
    total = sum(len(word.text) * word.confidence for word in words)
    return Found(pieces, confidence(words) or 0.0, total)


def without_noise(blocks: list[Block]) -> list[Block]:
    """The blocks without lines that are texture taken for letters."""
    kept = []
    for block in blocks:
        lines = tuple(line for line in block.lines if _is_text(line))
        if lines:
            kept.append(Block(lines, block.box))
    return kept


def _is_text(line: Line) -> bool:
    return (confidence(line.words) or 0) >= NOISE_CONFIDENCE and any(
        word.confidence >= SURE_WORD and sum(map(str.isalnum, word.text)) >= 2
        for word in line.words
    )
