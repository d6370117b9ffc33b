"""The boxes of a fragmented MP4, and whether a playlist's ranges cut it between them.

Boxes: ISO/IEC 14496-12, 4.2; what a segment consists of: 8.16 and RFC 8216, 3.3. Only the headers
of boxes are read, so the cost goes with the number of fragments, not with the size of the file.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from transcode.engines.byteranges import ByteRange
from transcode.engines.errors import Refused

# A fragment for every frame of ten seconds at 120 fps makes fewer.
MAX_BOXES_OF_A_RANGE = 4096
_SMALL, _LARGE = struct.Struct(">I4s"), struct.Struct(">Q")


def require_whole_fragments(path: Path, initial: ByteRange, ranges: tuple[ByteRange, ...]) -> None:
    """Refuse a file whose ranges are not a header and, each, whole fragments.

    Raises: Refused, `bad_fragments`.
    """
    with path.open("rb") as file:
        header = list(_boxes(file, initial))
        if header[0] != b"ftyp" or b"moov" not in header or b"moof" in header:
            raise _bad("The file's header is not where the playlist says.")
        for each in ranges:
            kinds = [kind for kind in _boxes(file, each) if kind in (b"moov", b"moof", b"mdat")]
            if kinds[:2] != [b"moof", b"mdat"] or b"moov" in kinds:
                raise _bad("A byte range does not hold a fragment.")


def is_fast_start(path: Path) -> bool:
    """Whether a player finds the index of a progressive MP4 before its media. Raises: Refused."""
    with path.open("rb") as file:
        kinds = _boxes(file, ByteRange(path.stat().st_size, 0))
        return next((kind for kind in kinds if kind in (b"moov", b"mdat")), b"") == b"moov"


def _boxes(file: BinaryIO, within: ByteRange) -> Iterator[bytes]:
    """The types of the boxes that fill a range exactly. Raises: Refused when they do not."""
    position = within.offset
    for _ in range(MAX_BOXES_OF_A_RANGE):
        length, kind = _box(file, position)
        yield kind
        position += length
        if position == within.end:
            return
        if position > within.end:
            break
    raise _bad("A byte range cuts through the file's structure.")


def _box(file: BinaryIO, position: int) -> tuple[int, bytes]:
    file.seek(position)
    head = file.read(_SMALL.size + _LARGE.size)
    if len(head) < _SMALL.size:
        raise _bad("The file ends within its structure.")
    length, kind = _SMALL.unpack_from(head)
    if length == 1 and len(head) == _SMALL.size + _LARGE.size:
        (length,) = _LARGE.unpack_from(head, _SMALL.size)
    if length < _SMALL.size:
        raise _bad("The file's structure is damaged.")
    return length, kind


def _bad(sentence: str) -> Refused:
    return Refused(sentence, code="bad_fragments")
