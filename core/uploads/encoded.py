"""Base64 as it comes in messages: cut out before the JSON is parsed, decoded in slices.

`json.loads` of a message of tens of MiB holds the interpreter for a fifth of a second, and
every socket of the process with it. So the long string is found and taken out first, and
what is parsed is short; the string is then decoded slice by slice (core contract, 2.8).
"""

import binascii
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pybase64

SLICE_BYTES = 256 * 1024
# What is left of a message once its base64 is cut out: texts, at most.
MAX_PARSED_BYTES = 32 * 2**20
# How often the name may stand in a message for another value before it is left to the parser.
_TRIES = 16
_KEY = b'"image_base64"'
_VALUE = re.compile(rb'[ \t\r\n]*:[ \t\r\n]*"')
# What JSON may write for a character of base64 or for white space between (RFC 8259, 7).
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.S)
_BLANKS = b" \t\r\n\v\f"
_DATA_URL = re.compile(rb"data:[^,]{0,200};base64,", re.I)


class BadBase64(ValueError):  # noqa: N818 - it says what is wrong
    """The text is not base64 (RFC 4648, section 4); the message says why."""


@dataclass(frozen=True)
class Encoded:
    """A base64 text: the body of a JSON string between `start` and `end` of a message."""

    message: bytes
    start: int
    end: int
    is_json: bool = False

    @classmethod
    def of(cls, text: str) -> "Encoded":
        """Wrap a text that was parsed already."""
        data = text.encode("ascii", "replace")
        return cls(data, 0, len(data))

    @property
    def length(self) -> int:
        """How many bytes the text has at most, escapes and blanks counted."""
        return self.end - self.start

    def decoded(self) -> Iterator[bytes]:
        """Yield the decoded bytes. A `data:` prefix and blanks are dropped. Raises: `BadBase64`."""
        kept, has_ended = b"", False
        for piece in self._without_prefix():
            data = kept + _without_blanks(piece)
            if has_ended and data:
                raise BadBase64("data after the padding")
            whole = len(data) - len(data) % 4
            quads, kept = data[:whole], data[whole:]
            if quads:
                has_ended = quads.endswith(b"=")
                yield _decode(quads)
        if kept:
            raise BadBase64("data after the padding" if has_ended else "incorrect padding")

    def _without_prefix(self) -> Iterator[bytes]:
        pieces = self._pieces()
        first = next(pieces, b"").lstrip(_BLANKS)
        if first[:5].lower() == b"data:":
            prefix = _DATA_URL.match(first)
            if prefix is None:
                raise BadBase64("the data URL does not say ;base64")
            first = first[prefix.end() :]
        yield first
        yield from pieces

    def _pieces(self) -> Iterator[bytes]:
        """Yield the text in slices, JSON's escapes undone; none is cut in two."""
        position = self.start
        while position < self.end:
            stop = min(position + SLICE_BYTES, self.end)
            piece = self.message[position:stop]
            if self.is_json and b"\\" in piece:
                stop = self._after_escape(position, stop)
                piece = _ESCAPE.sub(_unescaped, self.message[position:stop])
            position = stop
            yield piece

    def _after_escape(self, position: int, stop: int) -> int:
        """Move the end of a slice behind an escape that it would cut."""
        for escape in _ESCAPE.finditer(self.message, max(position, stop - 6), self.end):
            if escape.start() >= stop:
                break
            stop = max(stop, escape.end())
        return stop


def _without_blanks(piece: bytes) -> bytes:
    """Looking for each blank is eight times as fast as translating what has none."""
    return piece.translate(None, _BLANKS) if any(blank in piece for blank in _BLANKS) else piece


def _unescaped(escape: "re.Match[bytes]") -> bytes:
    try:
        return str(json.loads(b'"' + escape[0] + b'"')).encode("ascii", "replace")
    except ValueError as error:
        raise BadBase64("a bad escape") from error


def _decode(piece: bytes) -> bytes:
    with suppress(binascii.Error, ValueError):
        return pybase64.b64decode(piece, validate=True)
    try:
        return binascii.a2b_base64(piece, strict_mode=True)  # It says what is wrong.
    except (binascii.Error, ValueError) as error:
        raise BadBase64(str(error)[:1].lower() + str(error)[1:]) from error


@dataclass(frozen=True)
class Cut:
    """A JSON message without its long string: `rest` has `mark` where `encoded` was."""

    rest: bytes
    mark: str
    encoded: Encoded | None

    def restored(self, value: object) -> object:
        """Put `encoded` where the mark is: the `image_base64` of an object or of its `data`."""
        if self.encoded is None or not isinstance(value, dict):
            return value
        for place in (value, value.get("data")):
            if isinstance(place, dict) and place.get("image_base64") == self.mark:
                place["image_base64"] = self.encoded
        return value


def cut(message: bytes | str) -> Cut:
    """Take the value of `image_base64` out of a JSON text, without parsing it.

    In valid JSON the name with a colon behind it is a key, since a quote inside a string
    is escaped. Whatever else the text is, its rest is parsed by a real parser afterwards.
    """
    data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    start = _start_of_value(data)
    end = _end_of_string(data, start) if start else -1
    if end < 0:
        return Cut(data, "", None)
    mark = f"cut:{secrets.token_hex(16)}"
    rest = data[:start] + mark.encode() + data[end:]
    return Cut(rest, mark, Encoded(data, start, end, is_json=True))


def _start_of_value(data: bytes) -> int:
    """Return where the string behind the key begins, or 0."""
    position = data.find(_KEY)
    for _ in range(_TRIES):
        if position <= 0:
            break
        value = _VALUE.match(data, position + len(_KEY))
        if value and data[position - 1 : position] != b"\\":
            return value.end()
        position = data.find(_KEY, position + 1)
    return 0


def _end_of_string(data: bytes, start: int) -> int:
    """Return where the closing quote is, or -1: base64 has none that is escaped."""
    position = data.find(b'"', start)
    return -1 if data[position - 1 : position] == b"\\" else position
