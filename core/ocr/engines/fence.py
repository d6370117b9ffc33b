"""The markdown in what a language model says, out of a stream, as text that only ever grows.

Models wrap a transcription into a fence and talk around it: what is inside a fence that opens
with three backticks and `markdown` counts, also while the fence is open; without one, all of it
(core contract, 5.8).
"""

from __future__ import annotations

import re
from enum import Enum, auto

MOST_PREAMBLE = 500
"""More characters than this without a fence are no preamble: then what comes is the text."""

_OPENING = re.compile(r"```[ \t]*markdown[ \t]*\r?\n?\Z", re.I)
_FENCE = re.compile(r"[ \t]*```[ \t]*(\S*)[ \t]*\r?\n?")


class _State(Enum):
    BEFORE = auto()
    PLAIN = auto()
    INSIDE = auto()
    AFTER = auto()


class Unfenced:
    """Takes what comes and gives what counts; holds a line back while it may turn out a mark."""

    def __init__(self) -> None:
        self._state = _State.BEFORE
        self._line = ""
        self._is_mid_line = False
        self._preamble = ""
        self._depth = 0

    def feed(self, text: str) -> str:
        """Return what is known to count by now."""
        given = []
        *lines, rest = (self._line + text).split("\n")
        for line in lines:
            given.append(self._take(f"{line}\n"))
            self._is_mid_line = False
        self._line = rest
        if rest and self._is_text(rest):
            given.append(self._take(rest))
            self._line, self._is_mid_line = "", True
        return "".join(given)

    def close(self) -> str:
        """Return what is left when the stream has ended."""
        given = self.feed("\n")[:-1] if self._is_mid_line else self._take(self._line)
        if self._state is _State.BEFORE:
            given, self._preamble = given + self._preamble, ""
        return given

    def _is_text(self, line: str) -> bool:
        """Whether a line that goes on can be no mark."""
        if self._is_mid_line or self._state is _State.PLAIN:
            return True
        if self._state is _State.BEFORE:
            return len(self._preamble) + len(line) > MOST_PREAMBLE and "`" not in line
        begun = line.lstrip(" \t")
        return self._state is _State.INSIDE and bool(begun) and not begun.startswith("`")

    def _take(self, line: str) -> str:
        if self._is_mid_line or self._state is _State.PLAIN:
            return line
        if self._state is _State.INSIDE:
            return self._inside(line)
        if _OPENING.search(line):
            gap = "\n\n" if self._state is _State.AFTER else ""
            self._state, self._preamble = _State.INSIDE, ""
            return gap
        return self._before(line) if self._state is _State.BEFORE else ""

    def _before(self, line: str) -> str:
        self._preamble += line
        if len(self._preamble) <= MOST_PREAMBLE:
            return ""
        self._state = _State.PLAIN
        return self._preamble

    def _inside(self, line: str) -> str:
        """A line of the text, unless it closes the fence; fences within it are its own."""
        fence = _FENCE.fullmatch(line)
        if fence is None:
            return line
        if fence[1]:
            self._depth += 1
        elif self._depth:
            self._depth -= 1
        else:
            self._state = _State.AFTER
            return ""
        return line
