"""The growing text of a document, with what the JSON download tells of its pages."""

from __future__ import annotations

from collections.abc import Iterator

from core.ocr.engines.base import (
    BlockRecord,
    Box,
    Chunk,
    ChunkKind,
    Line,
    LineRecord,
    Outcome,
    Page,
    PageRecord,
)
from core.ocr.engines.markdown import BLOCK_GAP, LINE_GAP, PAGE_MARK, timed_out_note
from core.ocr.engines.pieces import PageFacts, Piece
from core.ocr.engines.quality import confidence

USUAL_CHARACTERS = 1500
"""Of half a page."""


class Transcript:
    """Turns pieces into chunks: puts the gaps before them and keeps count of the progress."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._pages: list[PageRecord] = []
        self._page = Page(0, 1, None, 0)
        self._progress = 0.0
        self._characters, self._confidence = 0, 0.0

    @property
    def text(self) -> str:
        """The markdown so far."""
        return "".join(self._parts)

    def begin_page(self, page: Page) -> Iterator[Chunk]:
        """Open a page; every page but the first begins with the mark between pages."""
        self._page = page
        self._pages.append(_record_of(page))
        if page.number > 1:
            gap = BLOCK_GAP if self._parts else ""
            yield self._append("separator", gap + PAGE_MARK, 0.0)

    def add(self, piece: Piece) -> Chunk:
        """Append recognised lines."""
        self._note_confidence(piece)
        blocks = self._pages[-1]["blocks"]
        is_new = piece.starts_block or not blocks
        if is_new:
            blocks.append(_block_of(piece))
        else:
            _extend(blocks[-1], piece)
        gap = BLOCK_GAP if is_new else LINE_GAP
        text = (gap if self._parts else "") + piece.markdown
        return self._append(piece.kind, text, piece.share, piece.box, piece.confidence)

    def add_layer(self, markdown: str) -> Iterator[Chunk]:
        """Append the text layer of a page, which nothing had to recognise."""
        if not markdown:
            return
        blocks = self._pages[-1]["blocks"]
        for text in markdown.split(BLOCK_GAP):
            blocks.append(BlockRecord(kind="text", bbox=None, confidence=None, text=text, lines=[]))
        gap = BLOCK_GAP if self._parts else ""
        yield self._append("text", gap + markdown, 1.0)

    def add_text(self, text: str) -> Chunk:
        """Append a piece of a page's markdown that comes from elsewhere; never empty.

        How much is to come is not known: the share done nears the whole as the text grows.
        """
        page = self._pages[-1]
        is_first = not page["blocks"]
        if is_first:
            page["blocks"].append(
                BlockRecord(kind="text", bbox=None, confidence=None, text="", lines=[])
            )
        block = page["blocks"][-1]
        block["text"] += text
        share = 1 - 1 / (1 + len(block["text"]) / USUAL_CHARACTERS)
        gap = BLOCK_GAP if is_first and self._parts else ""
        return self._append("text", gap + text, share)

    def end_page(self, facts: PageFacts, languages: tuple[str, ...]) -> None:
        """Close a page that was recognised."""
        record = self._pages[-1]
        record["width"], record["height"] = facts.width, facts.height
        record["rotation"] = facts.rotation
        record["languages"] = "+".join(languages)
        record["confidence"] = _mean(record["blocks"])

    def give_up(self) -> Chunk:
        """Close a page that ran out of time, with a note where its rest would be."""
        self._pages[-1]["is_timed_out"] = True
        gap = BLOCK_GAP if self._parts else ""
        return self._append("note", gap + timed_out_note(self._page.number), 1.0)

    def outcome(self, language: str | None, engine: str) -> Outcome:
        """The whole of it."""
        characters = self._characters
        return Outcome(
            raw_text=self.text,
            confidence=round(self._confidence / characters, 2) if characters else None,
            detected_language=language,
            engine=engine,
            page_count=len(self._pages),
            pages=self._pages,
        )

    def _append(
        self,
        kind: ChunkKind,
        text: str,
        share: float,
        box: Box | None = None,
        confidence: float | None = None,
    ) -> Chunk:
        self._parts.append(text)
        page = self._page
        done = (page.number - 1 + min(1.0, share)) / max(1, page.count)
        self._progress = max(self._progress, min(1.0, done))
        return Chunk(text, page.number, page.count, self._progress, kind, box, confidence)

    def _note_confidence(self, piece: Piece) -> None:
        characters = sum(len(line.text) for line in piece.lines)
        self._characters += characters
        self._confidence += characters * piece.confidence


def _record_of(page: Page) -> PageRecord:
    height, width = page.image.shape if page.image is not None else (None, None)
    return PageRecord(
        page=page.number,
        width=width,
        height=height,
        dpi=page.dpi,
        source="text_layer" if page.image is None else "ocr",
        rotation=0,
        languages="",
        is_timed_out=False,
        confidence=None,
        blocks=[],
    )


def _block_of(piece: Piece) -> BlockRecord:
    return BlockRecord(
        kind=piece.kind,
        bbox=list(piece.box),
        confidence=round(piece.confidence, 2),
        text=piece.markdown,
        lines=[_line_of(line) for line in piece.lines],
    )


def _line_of(line: Line) -> LineRecord:
    sure = confidence(line.words) or 0.0
    return LineRecord(bbox=list(line.box), confidence=round(sure, 2), text=line.text)


def _extend(block: BlockRecord, piece: Piece) -> None:
    block["text"] += LINE_GAP + piece.markdown
    block["bbox"] = list(Box(*block["bbox"]).around(piece.box)) if block["bbox"] else None
    block["lines"] += [_line_of(line) for line in piece.lines]
    block["confidence"] = _mean_of_lines(block["lines"])


def _mean(blocks: list[BlockRecord]) -> float | None:
    lines = [line for block in blocks for line in block["lines"]]
    return _mean_of_lines(lines) if lines else None


def _mean_of_lines(lines: list[LineRecord]) -> float:
    characters = sum(len(line["text"]) for line in lines)
    total = sum(len(line["text"]) * line["confidence"] for line in lines)
    return round(total / max(1, characters), 2)
