"""How good a reading is: its confidence, its amount of text, and both at once."""

from __future__ import annotations

from collections.abc import Iterable

from core.ocr.engines.base import Block, Line, Word


def words_of(blocks: Iterable[Block]) -> list[Word]:
    """All words, in order."""
    return [word for block in blocks for line in block.lines for word in line.words]


def lines_of(blocks: Iterable[Block]) -> list[Line]:
    """All lines, in order."""
    return [line for block in blocks for line in block.lines]


def plain_text(blocks: Iterable[Block]) -> str:
    """The lines, one a line."""
    return "\n".join(line.text for line in lines_of(blocks))


def confidence(words: Iterable[Word]) -> float | None:
    """Mean confidence a character, 0..100; None without words.

    None and not a number: the engine itself reports 95 for an empty page.
    """
    characters, total = 0, 0.0
    for word in words:
        characters += len(word.text)
        total += len(word.text) * word.confidence
    return total / characters if characters else None


def score(blocks: Iterable[Block]) -> float:
    """Confidence times recognised characters: of two readings of one page, more is better."""
    return sum(len(word.text) * word.confidence for word in words_of(blocks))
