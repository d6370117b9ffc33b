"""`high_accuracy`: reads a page in more than one way and keeps the best (contract 5.4).

The fast reading is always one of them, so that the result never scores below it. Nothing of a
page leaves before all its readings are done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from PIL import Image

from core.ocr.engines.base import Grey, Line
from core.ocr.engines.errors import OcrTimeout
from core.ocr.engines.page_reader import PieceStream, read_page
from core.ocr.engines.pieces import Found, PageFacts, Piece
from core.ocr.engines.session import Session
from core.ocr.engines.whole_page import found_in

WANTED_DPI, UPSCALED_BELOW_DPI = 300, 250
SURE = 90
"""Above this confidence local thresholds are not tried."""


def read_accurately(image: Grey, dpi: int, session: Session) -> PieceStream:
    """The best reading of a page. Raises OcrTimeout when not even the first one is finished."""
    pieces: list[Piece] = []
    facts = yield from _collected(read_page(image, dpi, session), pieces)
    best = found_in(tuple(pieces))
    try:
        best = _better(best, image, dpi, session, is_best=True)
        if best.confidence < SURE:
            best = _better(best, image, dpi, session, has_local_threshold=True)
    except OcrTimeout:
        pass  # what is finished by then stands
    yield from best.pieces
    return facts


def _collected(stream: PieceStream, pieces: list[Piece]) -> PieceStream:
    """Run a reading to its end; only when its time runs out does what it has leave here."""
    try:
        while True:
            pieces.append(next(stream))
    except StopIteration as end:
        facts: PageFacts = end.value
        return facts
    except OcrTimeout:
        yield from pieces
        raise


def _better(
    best: Found,
    image: Grey,
    dpi: int,
    session: Session,
    *,
    is_best: bool = False,
    has_local_threshold: bool = False,
) -> Found:
    """The better of a reading and of another one of the page, enlarged and read as said."""
    factor = WANTED_DPI / dpi if dpi < UPSCALED_BELOW_DPI else 1.0
    factor = min(factor, (session.options.max_page_pixels / image.size) ** 0.5)
    with session.reading_with(is_best=is_best, has_local_threshold=has_local_threshold):
        if factor <= 1.0 and not session.has_best_models and not has_local_threshold:
            return best
        stream = read_page(_enlarged(image, factor), round(dpi * factor), session)
        again = found_in(tuple(_reduced(piece, factor) for piece in stream))
    return max(best, again, key=lambda found: found.score)


def _enlarged(image: Grey, factor: float) -> Grey:
    if factor <= 1.0:
        return image
    height, width = image.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def _reduced(piece: Piece, factor: float) -> Piece:
    """The piece with its boxes in the pixels of the page as it came."""
    if factor <= 1.0:
        return piece
    return replace(piece, lines=tuple(_scaled(piece.lines, 1 / factor)))


def _scaled(lines: Iterable[Line], factor: float) -> Iterable[Line]:
    for line in lines:
        words = tuple(word._replace(box=word.box.scaled(factor)) for word in line.words)
        yield Line(words, line.box.scaled(factor))
