"""Reads one page: rectangle by rectangle where its layout is plain, else as a whole.

Nothing that was yielded is ever taken back, so whatever may change the whole page (its
orientation, its tilt, a rescue) is decided before the first piece leaves.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from core.ocr.engines.base import Grey, Line
from core.ocr.engines.cleaning import prepared
from core.ocr.engines.layout import Layout, Rectangle, lay_out, rectangles
from core.ocr.engines.pieces import POOR_CONFIDENCE, Found, PageFacts, Piece, moved, text_piece
from core.ocr.engines.quality import confidence, lines_of, score, words_of
from core.ocr.engines.session import Session
from core.ocr.engines.sheet import Sheet, lay_down
from core.ocr.engines.whole_page import read_whole, rescue, settle_language

MIN_COVERAGE = 0.9
"""The share of a page's ink that its blocks must hold."""
ASLEEP_CONFIDENCE = 50
"""Below this the page may lie on its side: looked into before more of it is read."""
UPRIGHT_CONFIDENCE = 5.0
"""How sure orientation detection must be."""
OPENING_RECTANGLES = 3
"""How many rectangles may be held back before a page is judged as poor."""


PieceStream = Generator[Piece, None, PageFacts]


def read_page(image: Grey, dpi: int, session: Session) -> PieceStream:
    """The pieces of one page in reading order. Raises OcrTimeout when its time is over."""
    sheet = prepared(lay_down(image, dpi))
    return (yield from _read_sheet(sheet, session, may_turn=True))


def _read_sheet(sheet: Sheet, session: Session, *, may_turn: bool) -> PieceStream:
    if sheet.ink.is_blank:
        return _facts(sheet)
    if may_turn and sheet.ink.looks_sideways:
        sheet, may_turn = _upright(sheet, session) or sheet, False
    sheet, layout = _laid_out(sheet, session)
    found: Found | None = None
    if layout is not None and _is_plain(sheet, layout):
        opening = _Opening(sheet, rectangles(layout, sheet.size), session)
        if opening.is_good:
            yield from opening.pieces_and_rest()
            return _facts(sheet)
    elif settle_language(sheet, layout, session):
        found = read_whole(sheet, layout, session)
    if may_turn and not (found and found.is_good):
        turned = _upright(sheet, session)
        if turned is not None:
            return (yield from _read_sheet(turned, session, may_turn=False))
    if not (found and found.is_good):
        found = rescue(sheet, found, session)
    yield from found.pieces
    return _facts(sheet)


def _laid_out(sheet: Sheet, session: Session) -> tuple[Sheet, Layout | None]:
    """The sheet with its layout, set straight first when a tilt may be what makes it unplain."""
    layout = _layout_of(sheet, session)
    if layout is not None and not layout.looks_tilted and _is_plain(sheet, layout):
        return sheet, layout
    straight = sheet.straight()
    if straight is sheet:
        return sheet, layout
    return straight, _layout_of(straight, session)


def _layout_of(sheet: Sheet, session: Session) -> Layout | None:
    session.check()
    return lay_out(session.engine, sheet.small, sheet.dpi, sheet.factor)


def _is_plain(sheet: Sheet, layout: Layout) -> bool:
    """Rectangles may be read one by one: nothing is ruled, and no ink lies outside."""
    if layout.has_table or not layout.blocks:
        return False
    boxes = [block.box for block in layout.blocks] + [other.box for other in layout.others]
    return sheet.ink.coverage(boxes, sheet.factor) >= MIN_COVERAGE


def _upright(sheet: Sheet, session: Session) -> Sheet | None:
    """The sheet turned upright, or None when it already is or there is no telling."""
    session.check()
    found = session.engine.orientation(sheet.image, sheet.dpi)
    if found is None or not found.degrees or found.confidence < UPRIGHT_CONFIDENCE:
        return None
    session.language.forget()
    return sheet.turned(found.degrees)


def _facts(sheet: Sheet) -> PageFacts:
    height, width = sheet.size
    return PageFacts(width, height, sheet.rotation)


class _Opening:
    """The first rectangles of a page, held back until they show that the page reads well."""

    def __init__(self, sheet: Sheet, parts: list[Rectangle], session: Session) -> None:
        self._sheet, self._session, self._parts = sheet, session, parts
        self._read: list[list[Line]] = []
        self.confidence = 0.0
        for part in parts[:OPENING_RECTANGLES]:
            self._read.append(_lines_in(sheet, part, session))
            words = [word for lines in self._read for line in lines for word in line.words]
            self.confidence = confidence(words) or 0.0
            if self.confidence >= POOR_CONFIDENCE or self.confidence < ASLEEP_CONFIDENCE:
                break

    @property
    def is_good(self) -> bool:
        """The page may be streamed."""
        return self.confidence >= POOR_CONFIDENCE

    def pieces_and_rest(self) -> Iterator[Piece]:
        """What was held back, then the rest of the page as it is read."""
        total = max(1, sum(part.line_area for part in self._parts))
        done, starts = 0, False
        for index, part in enumerate(self._parts):
            is_read = index < len(self._read)
            lines = (
                self._read[index] if is_read else _good_lines_in(self._sheet, part, self._session)
            )
            done += part.line_area
            starts |= part.starts_block  # also when the rectangle that started it was empty
            piece = text_piece(
                lines,
                starts_block=starts,
                share=done / total,
                height_ratio=part.height_ratio,
            )
            if piece is not None:
                starts = False
                yield piece


def _lines_in(sheet: Sheet, part: Rectangle, session: Session) -> list[Line]:
    blocks = session.read(sheet.crop(part.box), sheet.dpi)
    return moved(lines_of(blocks), part.box)


def _good_lines_in(sheet: Sheet, part: Rectangle, session: Session) -> list[Line]:
    """A rectangle's lines, by local thresholds where that reads a poor one better."""
    crop = sheet.crop(part.box)
    blocks = session.read(crop, sheet.dpi)
    if (confidence(words_of(blocks)) or 0.0) < POOR_CONFIDENCE:
        again = session.read(crop, sheet.dpi, has_local_threshold=True)
        blocks = max(blocks, again, key=score)
    return moved(lines_of(blocks), part.box)
