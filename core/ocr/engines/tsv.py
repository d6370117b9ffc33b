"""Tesseract's TSV output, the one form both embedded engines give, as blocks of lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from core.ocr.engines.base import Block, Box, Line, Word

WORD_LEVEL = "5"
FIELDS = 12


def parse_tsv(tsv: str) -> list[Block]:
    """Blocks of lines of words, in the engine's order; words without a visible character drop."""
    rows: dict[tuple[str, str, str], list[Word]] = {}
    for key, word in _words(tsv):
        rows.setdefault(key, []).append(word)
    by_block: dict[str, list[Line]] = {}
    for (block, _, _), words in rows.items():
        by_block.setdefault(block, []).append(make_line(words))
    return [make_block(lines) for lines in by_block.values()]


def _words(tsv: str) -> Iterator[tuple[tuple[str, str, str], Word]]:
    for row in tsv.split("\n"):
        cells = row.split("\t", FIELDS - 1)
        if len(cells) != FIELDS or cells[0] != WORD_LEVEL:
            continue
        text = clean(cells[11])
        if text:
            left, top, width, height = (int(cell) for cell in cells[6:10])
            box = Box(left, top, left + width, top + height)
            yield (cells[2], cells[3], cells[4]), Word(text, box, max(0.0, float(cells[10])))


LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)


def clean(text: str) -> str:
    """NFC, ligatures split, no control or format characters, no outer white space."""
    text = unicodedata.normalize("NFC", text.translate(LIGATURES))
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable() or c == " ")
    return text.strip()


def make_line(words: list[Word]) -> Line:
    """A line of these words, in their order; at least one."""
    box = words[0].box
    for word in words[1:]:
        box = box.around(word.box)
    return Line(tuple(words), box)


def make_block(lines: list[Line]) -> Block:
    """A block of these lines, in their order; at least one."""
    box = lines[0].box
    for line in lines[1:]:
        box = box.around(line.box)
    return Block(tuple(lines), box)
