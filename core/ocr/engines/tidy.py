"""Markdown from elsewhere in the form of ours (core contract, 5.7), while it streams."""

from __future__ import annotations

import re
import unicodedata

from core.ocr.engines.markdown import PAGE_MARK
from core.ocr.engines.tsv import LIGATURES

LONGEST_WORD = 4096
"""What goes on for longer without a blank is passed on in pieces."""
MOST_INDENT = 64

_GAP = re.compile(r"[ \n]{2,}")
_CONTROL = re.compile(r"[^\S \n\u00a0\u2000-\u200a\u202f\u3000]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_MARK = re.compile(rf"(?:\A|(?<=\n)){PAGE_MARK}(?=\n|\Z)")


class Tidy:
    """Gives whole words: NFC, no blanks at line ends, one blank line at most, no page marks.

    What was given is never taken back; the last word and the gap before it wait for the next.
    """

    def __init__(self) -> None:
        self._kept = ""
        self._has_given = False

    def feed(self, text: str) -> str:
        """Return what is settled by now."""
        text = self._kept + _CONTROL.sub(_plain, text)
        last_blank = max(text.rfind(" "), text.rfind("\n"))
        end = len(text[: last_blank + 1].rstrip(" \n"))
        if len(text) - last_blank > LONGEST_WORD:
            end = len(text)
        self._kept = _GAP.sub(_gap, text[end:])
        return self._given(text[:end])

    def close(self) -> str:
        """Return what is left at the end."""
        text, self._kept = self._kept.rstrip(" \n"), ""
        return self._given(text)

    def _given(self, text: str) -> str:
        text = _GAP.sub(_gap, text)
        if not self._has_given:
            text = text.lstrip("\n")
        self._has_given = self._has_given or bool(text)
        return _MARK.sub(rf"\\{PAGE_MARK}", unicodedata.normalize("NFC", text).translate(LIGATURES))


def _plain(control: re.Match[str]) -> str:
    """A tab and its like are blanks; other control characters are nothing."""
    return " " if control[0].isspace() and control[0] != "\r" else ""


def _gap(gap: re.Match[str]) -> str:
    """White space between two words, with at most one blank line."""
    *lines, indent = gap[0].split("\n")
    return "\n" * min(len(lines), 2) + indent[:MOST_INDENT]
