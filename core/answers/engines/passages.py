"""A text cut into passages short enough to be quoted: sentences, or lines where it has none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.ocr.engines.text import to_processed

LONGEST = 400
"""Characters of one passage; a longer sentence is cut at a blank."""
SHORT_LINE = 45
"""Lines shorter than this, as a rule, are those of a form or a receipt, not of prose."""

_PAGE_MARK = re.compile(r"(?:\A|\n\n)---(?=\n\n|\Z)")
_BLANK_LINES = re.compile(r"\n{2,}")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s\da-zа-яёà-ÿ])")


@dataclass(frozen=True)
class Passage:
    """A piece of a text in one line, and the page it stands on, counted from 1."""

    text: str
    page: int


def passages(markdown: str) -> Iterator[Passage]:
    """Cut recognised markdown into passages, in reading order."""
    for number, page in enumerate(_PAGE_MARK.split(markdown), start=1):
        for block in _BLANK_LINES.split(to_processed(page, "raw")):
            lines = [" ".join(line.split()) for line in block.split("\n") if line.strip()]
            for text in _pieces(lines):
                yield from (Passage(part, number) for part in _cut(text))


def _pieces(lines: list[str]) -> list[str]:
    if len(lines) > 1 and sorted(map(len, lines))[len(lines) // 2] < SHORT_LINE:
        return _labelled(lines)
    return _SENTENCE_END.split(" ".join(lines)) if lines else []


def _labelled(lines: list[str]) -> list[str]:
    """The lines, a label that ends with a colon together with what it is for."""
    found: list[str] = []
    for line in lines:
        if found and found[-1].endswith(":"):
            found[-1] += f" {line}"
        else:
            found.append(line)
    return found


def _cut(text: str) -> Iterator[str]:
    while len(text) > LONGEST:
        end = text.rfind(" ", LONGEST // 2, LONGEST)
        end = LONGEST if end < 0 else end
        yield text[:end]
        text = text[end:].lstrip()
    if text:
        yield text
