"""Ranges of bytes of one media file, as `EXT-X-BYTERANGE` names them (RFC 8216, 4.3.2.2)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from transcode.engines.errors import BadPlaylist

_RANGE = re.compile(r"(\d{1,15})@(\d{1,15})", re.ASCII)
READ_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ByteRange:
    """`length` bytes from `offset` on. Neither is negative."""

    length: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> "ByteRange":
        """Read `<length>@<offset>`. Raises: BadPlaylist; the offset may not be left out."""
        match = _RANGE.fullmatch(text)
        if match is None:
            raise BadPlaylist("The playlist holds a byte range that is not one.")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.length}@{self.offset}"

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.offset + self.length

    @property
    def key(self) -> str:
        """How the file of hashes names it: first and last offset, both inclusive."""
        return f"{self.offset}-{self.end - 1}"


def require_seamless(
    initial: ByteRange, ranges: Iterable[ByteRange], file_size: int, *, is_growing: bool = False
) -> None:
    """Refuse ranges that do not cover the file from its first byte to its last, in order.

    While the file grows they only have to lie inside of it.

    Raises: BadPlaylist.
    """
    end = 0
    for each in chain([initial], ranges):
        if each.offset != end or each.length == 0:
            raise BadPlaylist("The byte ranges do not follow each other without gaps.")
        end = each.end
    if end > file_size:
        raise BadPlaylist("A byte range leads past the end of the file.")
    if end < file_size and not is_growing:
        raise BadPlaylist("The byte ranges end before the file does.")


def read_range(file: BinaryIO, wanted: ByteRange) -> Iterator[bytes]:
    """Give the bytes of a range in blocks of at most READ_BYTES.

    Raises: BadPlaylist when the file ends before.
    """
    file.seek(wanted.offset)
    left = wanted.length
    while left:
        block = file.read(min(left, READ_BYTES))
        if not block:
            raise BadPlaylist("A byte range leads past the end of the file.")
        left -= len(block)
        yield block


def extract(path: Path, ranges: Iterable[ByteRange], target: Path) -> None:
    """Write these ranges, one behind the other, to a file of their own."""
    with path.open("rb") as file, target.open("wb") as out:
        for each in ranges:
            out.writelines(read_range(file, each))
