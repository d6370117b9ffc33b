"""SHA-256 of every piece that a player fetches (transcode contract, 4.9)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from transcode.engines.byteranges import READ_BYTES, ByteRange, read_range


def hash_ranges(
    path: Path, ranges: Iterable[ByteRange], known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Hash ranges of a file, by their keys, in one pass and flat memory.

    What `known` has is taken from there: of a file that grew, only what is new is read.

    Raises: BadPlaylist when the file ends before a range does.
    """
    hashes: dict[str, str] = {}
    with path.open("rb") as file:
        for each in ranges:
            already = (known or {}).get(each.key)
            hashes[each.key] = already or _hex(read_range(file, each))
    return hashes


def hash_file(path: Path) -> str:
    """Hash a whole file, such as a chunk of a live stream."""
    with path.open("rb") as file:
        return _hex(iter(lambda: file.read(READ_BYTES), b""))


def document(hashes: Mapping[str, Mapping[str, str]] | Mapping[str, str]) -> bytes:
    """Give the JSON that is served: of media files by name, or of a live stream's chunks."""
    return json.dumps(hashes, separators=(",", ":")).encode() + b"\n"


def _hex(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
