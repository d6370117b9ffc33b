"""Where the chunks and playlists of live streams lie: `hls/<video>/`, on a local disk always.

A bucket would be too slow for files that change each second. They are served from here,
whatever the storage is.
"""

import re
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from transcode.engines.errors import Refused
from transcode.engines.live_playlists import HASHES_NAME, MASTER_NAME, chunk_name
from transcode.videos import storage

# What is written while a stream lasts: its own names, and those of `LiveFolder`.
_LIVE_FILE = re.compile(
    r"\d{1,2}-\d{1,9}\.ts|\d{1,2}\.m3u8|master\.m3u8|segments-sha256\.json"
    r"|\.lock|\.\d{1,2}\.given|\.master\.given",
    re.ASCII,
)


def folder_of(video_id: UUID | str) -> Path:
    """Return the folder of a live stream."""
    return storage.root() / "hls" / str(UUID(str(video_id)))


def master_name(video_id: UUID) -> str:
    """Return the key of a live stream's master playlist."""
    return storage.name_in("hls", video_id, MASTER_NAME)


def hashes_name(video_id: UUID) -> str:
    """Return the key of the SHA-256 file of a live stream's chunks."""
    return storage.name_in("hls", video_id, HASHES_NAME)


def has_chunks(video_id: UUID) -> bool:
    """Return whether any chunk of a stream is there."""
    return any(_is_chunk(path.name) for path in folder_of(video_id).glob("*.ts"))


def _is_chunk(name: str) -> bool:
    with suppress(Refused):
        return bool(chunk_name(name))
    return False


def remove(video_id: UUID) -> None:
    """Remove what a live stream has left; renditions in the same folder stay."""
    for path in folder_of(video_id).glob("*"):
        if _LIVE_FILE.fullmatch(path.name):
            path.unlink(missing_ok=True)
    with suppress(OSError):
        folder_of(video_id).rmdir()
