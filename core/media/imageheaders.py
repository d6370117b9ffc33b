"""What the headers of image files tell beyond Pillow: sizes, frames, and whether the end is there.

Nothing here decodes a pixel, memory stays flat, and every loop is bounded: the walks also keep from
Pillow the files of a million empty blocks that it would read for minutes.
"""

# ruff: noqa: N818 - the name says what was met

import struct
from typing import BinaryIO

MAX_FRAMES_COUNTED = 10_000
MAX_BLOCKS = 10_000  # in front of the pixels; real files have some dozens
MAX_TIFF_ENTRIES = 65_535  # what a classic TIFF can count; BigTIFF could claim any number
MAX_GIF_SUB_BLOCKS = 500_000  # of at most 255 bytes, so more than any allowed image needs

_BLOCK_BYTES = 1024 * 1024


class BadHeader(ValueError):
    """The header contradicts itself or the length of its file."""


def contains(file: BinaryIO, wanted: bytes, *, start: int = 0) -> bool:
    """Whether `wanted` occurs at or after `start`, in flat memory."""
    file.seek(start)
    kept = b""
    seam = len(wanted) - 1
    while block := file.read(_BLOCK_BYTES):
        if wanted in block or wanted in kept + block[:seam]:
            return True
        kept = (kept + block)[-seam:] if len(block) < seam else block[len(block) - seam :]
    return False


def read_exactly(file: BinaryIO, count: int) -> bytes:
    """Read `count` bytes. Raises: BadHeader when the file ends before."""
    data = file.read(count)
    if len(data) != count:
        raise BadHeader("the file ends early")
    return data


def walk_png(file: BinaryIO) -> int:
    """The offset of the first pixel chunk (PNG 3rd edition, section 5.3). Raises: BadHeader."""
    position = 8
    for _ in range(MAX_BLOCKS):
        file.seek(position)
        length, kind = struct.unpack(">I4s", read_exactly(file, 8))
        if kind == b"IDAT":
            return position
        position += 12 + length
    raise BadHeader("too many chunks")


# Start of scan and end of image (ISO/IEC 10918-1, table B.1); the rest up to it have a length.
_SOS, _EOI = 0xDA, 0xD9


def walk_jpeg(file: BinaryIO) -> int:
    """The offset behind the header of the first scan. Raises: BadHeader."""
    position = 2
    for _ in range(MAX_BLOCKS):
        file.seek(position)
        fill, marker = read_exactly(file, 2)
        if fill == 0xFF and marker == 0xFF:  # any number of fill bytes may come before a marker
            position += 1
            continue
        if fill != 0xFF or marker == _EOI:
            break
        position += 2 + int.from_bytes(read_exactly(file, 2), "big")
        if marker == _SOS:
            return position
    raise BadHeader("no scan found")


def walk_gif(file: BinaryIO) -> int:
    """The offset behind the first frame's last sub-block (GIF89a, sections 18 to 25).

    Raises: BadHeader when there is no frame or it is cut off.
    """
    file.seek(0)
    flags = read_exactly(file, 13)[10]
    position = 13 + _colour_table_bytes(flags)
    blocks = 0
    while blocks < MAX_BLOCKS:
        file.seek(position)
        kind = read_exactly(file, 1)
        if kind == b",":
            flags = read_exactly(file, 9)[8]
            # The byte in front of the data is the size of the first code.
            data = position + 10 + _colour_table_bytes(flags) + 1
            return _skip_sub_blocks(file, data, MAX_GIF_SUB_BLOCKS)[0]
        if kind != b"!":
            break
        position, skipped = _skip_sub_blocks(file, position + 2, MAX_BLOCKS)
        blocks += 1 + skipped
    raise BadHeader("no frame found")


def _colour_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_sub_blocks(file: BinaryIO, position: int, most: int) -> tuple[int, int]:
    """The offset behind the empty block that ends a series, and how many came before it."""
    for skipped in range(most):
        file.seek(position)
        length = read_exactly(file, 1)[0]
        position += 1 + length
        if length == 0:
            return position, skipped
    raise BadHeader("too many sub-blocks")


def webp_size(file: BinaryIO, size_bytes: int) -> tuple[int, int]:
    """Width and height of a WebP file (RFC 9649, section 2). Raises: BadHeader.

    Pillow would read the whole file and set up canvases of the full size only to tell this.
    """
    file.seek(0)
    head = file.read(30)
    if len(head) < 30 or 8 + int.from_bytes(head[4:8], "little") > size_bytes:
        raise BadHeader("the file is shorter than its header says")
    kind, body = head[12:16], head[20:30]
    if kind == b"VP8X":
        return _u24(body[4:7]) + 1, _u24(body[7:10]) + 1
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise BadHeader("no known WebP image")


def _u24(data: bytes) -> int:
    return int.from_bytes(data, "little")


def tiff_frame_count(file: BinaryIO) -> int:
    """Count the directories of a TIFF, at most MAX_FRAMES_COUNTED (TIFF 6.0, section 2).

    Raises: BadHeader when the chain leads in a circle or out of the file.
    """
    file.seek(0)
    head = read_exactly(file, 16)
    order = "<" if head[:2] == b"II" else ">"
    is_big = struct.unpack(order + "H", head[2:4])[0] == 43
    count_format, entry_bytes, offset_format = ("Q", 20, "Q") if is_big else ("H", 12, "I")
    offset = struct.unpack(order + offset_format, head[8:16] if is_big else head[4:8])[0]
    seen: set[int] = set()
    while offset and len(seen) < MAX_FRAMES_COUNTED:
        if offset in seen:
            raise BadHeader("the directories form a circle")
        seen.add(offset)
        entries = _unpack_at(file, offset, order + count_format)
        if entries > MAX_TIFF_ENTRIES:
            raise BadHeader("too many entries")
        behind = offset + struct.calcsize(count_format) + entries * entry_bytes
        offset = _unpack_at(file, behind, order + offset_format)
    return len(seen)


def _unpack_at(file: BinaryIO, offset: int, number_format: str) -> int:
    try:
        file.seek(offset)
    except (
        OSError,
        ValueError,
        OverflowError,
    ) as error:  # further than the file system or seek can count
        raise BadHeader("an offset leads out of the file") from error
    data = read_exactly(file, struct.calcsize(number_format))
    return int(struct.unpack(number_format, data)[0])
