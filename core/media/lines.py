"""A stream of bytes cut into lines of text, in flat memory."""

import re
from collections.abc import Iterator

MAX_LINE_BYTES = 8 * 1024

# A progress bar ends its lines with \r alone.
_LINE_END = re.compile(rb"\r\n|\n|\r")


class LineSplitter:
    r"""Cut what a program writes at `\n`, `\r` or `\r\n`.

    Bytes that are not UTF-8 become U+FFFD. Of a line longer than `max_bytes` the rest is dropped,
    so that output without any line end takes no memory.
    """

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._open = bytearray()
        self._ended_with_cr = False

    def feed(self, data: bytes) -> Iterator[str]:
        """Take the next bytes and give the lines that they complete."""
        if self._ended_with_cr and data.startswith(b"\n"):
            data = data[1:]
        self._ended_with_cr = data.endswith(b"\r")
        *ended, rest = _LINE_END.split(data)
        for piece in ended:
            self._extend(piece)
            yield self._take()
        self._extend(rest)

    def close(self) -> Iterator[str]:
        """Give the last line, where it had no end."""
        if self._open:
            yield self._take()

    def _extend(self, piece: bytes) -> None:
        self._open += piece[: self._max_bytes - len(self._open)]

    def _take(self) -> str:
        line = self._open.decode("utf-8", "replace")
        self._open.clear()
        return line
