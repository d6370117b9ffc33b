"""The text layer of a PDF page: is it worth trusting, and how it reads as markdown."""

from __future__ import annotations

import re
import unicodedata

from core.ocr.engines.markdown import BLOCK_GAP, LINE_GAP, line_markdown
from core.ocr.engines.tsv import clean

MIN_LETTERS = 8
MIN_READABLE_SHARE = 0.9
"""Characters that mean something; below this the fonts lack a table to Unicode."""

_BLANK_LINES = re.compile(r"\n\s*\n")
_PRIVATE_OR_UNASSIGNED = frozenset({"Co", "Cn", "Cs", "Cc"})


def letters_in(text: str) -> int:
    """Letters and digits."""
    return sum(character.isalnum() for character in text)


def is_usable(text: str) -> bool:
    """There is text, and it is of characters that fonts map to Unicode."""
    visible = [character for character in text if not character.isspace()]
    if letters_in(text) < MIN_LETTERS:
        return False
    odd = sum(
        character == "\ufffd" or unicodedata.category(character) in _PRIVATE_OR_UNASSIGNED
        for character in visible
    )
    return 1 - odd / len(visible) >= MIN_READABLE_SHARE


def layer_markdown(text: str) -> str:
    """The layer by lines: marks escaped, bullets as `- `, one blank line between blocks."""
    blocks = []
    for block in _BLANK_LINES.split(text.replace("\f", "\n").replace("\r", "\n")):
        lines = [clean(re.sub(r"\s+", " ", line)) for line in block.split("\n")]
        marked = [line_markdown(line) for line in lines if line]
        if marked:
            blocks.append(LINE_GAP.join(marked))
    return BLOCK_GAP.join(blocks)
