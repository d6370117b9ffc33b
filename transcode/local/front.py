"""Whether a file can be worked on while its end is still missing, and what it is.

A file is readable from the front when its index comes before its media: an MP4 whose `moov`
lies before `mdat` (ISO/IEC 14496-12, 8.2.1), Matroska and WebM that say how long they are, and
MPEG-TS, which has no index.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.media.probe import MediaInfo, media_info, probe

# What the probe wants to see of a stream of packets before it knows what is in it.
LEAST_TS_BYTES = 2**20
LEAST_MATROSKA_BYTES = 2**18
# What takes longer is better waited for as a whole.
PROBE_TIMEOUT_S = 5.0
_TS_PACKET_BYTES, _TS_SYNC = 188, 0x47
_EBML = b"\x1a\x45\xdf\xa3"
# The element `Duration` (0x4489), as a float of 4 or of 8 bytes (RFC 9559, 5.1.2.10).
_MATROSKA_DURATIONS = (b"\x44\x89\x84", b"\x44\x89\x88")
_MAX_BOXES = 64
_BOX, _LARGE = struct.Struct(">I4s"), struct.Struct(">Q")


@dataclass(frozen=True)
class Front:
    """The beginning of a file: so many of its bytes are there, of so many in the end."""

    path: Path
    available_bytes: int
    length_bytes: int

    def probe(self) -> MediaInfo | None:
        """Say what the whole file will be; None where that cannot be told from its beginning yet.

        Raises: `JobError` where it cannot be read.
        """
        with self.path.open("rb") as file:
            kind = self._kind(file)
        if kind is None:
            return None
        info = probe(self.path, timeout_s=PROBE_TIMEOUT_S)
        # A stream without an index is as long as its bytes tell.
        share = self.length_bytes / info.size_bytes if kind == "mpegts" and info.size_bytes else 1.0
        return self._whole(info, info.duration_s * share) if info.duration_s > 0 else None

    def _whole(self, info: MediaInfo, duration_s: float) -> MediaInfo:
        """The same streams, and the container's numbers as they will be."""
        container = {
            **info.raw.get("format", {}),
            "duration": f"{duration_s:.6f}",
            "size": str(self.length_bytes),
            "bit_rate": str(int(self.length_bytes * 8 / duration_s)),
        }
        return media_info({**info.raw, "format": container}, size_bytes=self.length_bytes)

    def _kind(self, file: BinaryIO) -> str | None:
        head = file.read(2 * _TS_PACKET_BYTES + 1)
        if head[4:8] == b"ftyp":
            return "mp4" if self._has_index_first(file) else None
        if head.startswith(_EBML):
            return "matroska" if self._has_duration(file) else None
        syncs = head[::_TS_PACKET_BYTES]
        is_stream = len(syncs) == 3 and set(syncs) == {_TS_SYNC}
        return "mpegts" if is_stream and self.available_bytes >= LEAST_TS_BYTES else None

    def _has_index_first(self, file: BinaryIO) -> bool:
        position = 0
        for _ in range(_MAX_BOXES):
            file.seek(position)
            head = file.read(_BOX.size + _LARGE.size)
            if len(head) < _BOX.size + _LARGE.size:
                return False
            length, kind = _BOX.unpack_from(head)
            if length == 1:
                (length,) = _LARGE.unpack_from(head, _BOX.size)
            if kind == b"mdat" or length < _BOX.size:
                return False
            position += length
            if kind == b"moov":
                return bool(position <= self.available_bytes)
        return False

    def _has_duration(self, file: BinaryIO) -> bool:
        if self.available_bytes < LEAST_MATROSKA_BYTES:
            return False
        file.seek(0)
        head = file.read(LEAST_MATROSKA_BYTES)
        return any(sign in head for sign in _MATROSKA_DURATIONS)
