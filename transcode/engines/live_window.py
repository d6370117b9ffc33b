"""The folder of one live stream: what may be written into it, in which order (contract, 4.3).

Whatever a reader finds there is whole and consistent: files appear by rename, a playlist names only
chunks that are there, the master only playlists that are. That also holds if we die at any point:
a chunk is there before it is listed, and unlisted before it is removed.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from core.media.paths import write_atomic
from transcode.engines import live_master, live_playlists
from transcode.engines.byteranges import READ_BYTES
from transcode.engines.errors import Refused
from transcode.engines.live_playlists import (
    HASHES_NAME,
    MASTER_NAME,
    LivePlaylist,
    chunk_name,
    numbers_of,
    playlist_name,
)
from transcode.engines.segment_hashes import document, hash_file

_TS_PACKET_BYTES = 188  # ISO/IEC 13818-1, 2.4.3.2
_TS_SYNC_BYTE = b"\x47"
_LOCK_NAME = ".lock"


class LiveFolder:
    """The chunks and playlists of one live stream, and the rules for changing them.

    Names come from a runner: each method refuses what is no name of its sort (`invalid_name`)
    before it touches the disk. Calls may come in parallel, from several processes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add_chunk(self, name: str, arrived: Path) -> None:
        """Move in a chunk that lies on the same file system.

        Raises: Refused, `invalid_name` or `bad_chunk` when it is no MPEG transport stream.
        """
        target = self._folder / chunk_name(name)
        _require_transport_stream(arrived)
        digest = hash_file(arrived)
        arrived.replace(target)
        with self._locked():
            self._write_hashes({**self._hashes(), name: digest})
            self._show(numbers_of(name)[0])

    def put_playlist(self, name: str, data: bytes) -> None:
        """Serve a variant's playlist, so far as its chunks are there; the rest as they come.

        One that is older than the last changes nothing.

        Raises: Refused, `invalid_name`; BadPlaylist.
        """
        variant = _variant_of(playlist_name(name))
        given = live_playlists.read(data, variant)
        with self._locked():
            last = self._read(self._given(variant))
            if last is None or given.end_sequence >= last.end_sequence:
                _write(self._given(variant), given)
                self._show(variant)

    def put_master(self, data: bytes) -> bool:
        """Serve a master once every playlist that it names is there; until then, False.

        Raises: BadPlaylist.
        """
        master = live_master.read(data)
        if not all(self.has(name) for name in master.names):
            return False
        write_atomic(self._folder / MASTER_NAME, [live_master.write(master).encode()])
        return True

    def remove_chunk(self, name: str, *, is_kept: bool) -> None:
        """Take a chunk, and what came before it, out of its playlist; then delete it unless kept.

        Raises: Refused, `invalid_name`.
        """
        variant, _ = numbers_of(name)
        with self._locked():
            served = self._read(self._served(variant))
            listed = [chunk.name for chunk in served.chunks] if served else []
            if served and name in listed:
                behind = served.media_sequence + listed.index(name) + 1
                _write(self._served(variant), served.since(behind))
            self._write_hashes({k: v for k, v in self._hashes().items() if k != name})
        if not is_kept:
            (self._folder / name).unlink(missing_ok=True)

    def finish(self) -> None:
        """End every playlist, without the chunks that never came. A second time changes nothing."""
        with self._locked():
            for variant in self.variants():
                self._show(variant, is_last=True)

    def chunks(self, variant: int) -> list[Path]:
        """Every chunk of a variant that is there, in the order of their numbers."""
        found = [path for path in self._folder.glob(f"{variant}-*.ts") if _is_chunk(path.name)]
        return sorted(found, key=lambda path: numbers_of(path.name))

    def variants(self) -> list[int]:
        """The variants that have a playlist."""
        paths = self._folder.glob("*.m3u8")
        return sorted(_variant_of(path.name) for path in paths if path.name != MASTER_NAME)

    def has(self, name: str) -> bool:
        """Whether a file of this name is there."""
        return (self._folder / name).is_file()

    def _show(self, variant: int, *, is_last: bool = False) -> None:
        """Serve what has come of the last playlist that was given, never less than before."""
        given, served = self._read(self._given(variant)), self._read(self._served(variant))
        if given is None or (served and served.is_ended):
            return
        begin = served.media_sequence if served else 0
        if is_last:
            shown = live_playlists.repaired(given.since(begin), self.has)
        else:
            shown = live_playlists.visible(given, self.has, not_before=begin)
        if served:
            # What was given counts only what it lists itself.
            behind = served.since(shown.media_sequence).discontinuity_sequence
            shown = replace(shown, discontinuity_sequence=behind)
        if is_last or (shown.chunks and (served is None or _is_newer(shown, served))):
            _write(self._served(variant), shown)

    def _served(self, variant: int) -> Path:
        return self._folder / f"{variant}.m3u8"

    def _given(self, variant: int) -> Path:
        """The last list that came, with chunks that may not have."""
        return self._folder / f".{variant}.given"

    def _read(self, path: Path) -> LivePlaylist | None:
        if not path.exists():
            return None
        return live_playlists.read(path.read_bytes(), int(path.name.strip(".").partition(".")[0]))

    def _hashes(self) -> dict[str, str]:
        path = self._folder / HASHES_NAME
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def _write_hashes(self, hashes: dict[str, str]) -> None:
        write_atomic(self._folder / HASHES_NAME, [document(hashes)])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all processes; the system lets go when one dies."""
        with (self._folder / _LOCK_NAME).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def join(chunks: list[Path], target: Path) -> int:
    """Append chunks to one transport stream, whose clock runs through. Returns its bytes.

    That needs no demuxer that opens further files; a remux of the result makes the replay.
    """
    with target.open("wb") as out:
        for chunk in chunks:
            with chunk.open("rb") as file:
                shutil.copyfileobj(file, out, READ_BYTES)
        return out.tell()


def _is_newer(shown: LivePlaylist, served: LivePlaylist) -> bool:
    ends = (shown.end_sequence, served.end_sequence)
    return ends[0] > ends[1] or (ends[0] == ends[1] and shown != served)


def _write(path: Path, playlist: LivePlaylist) -> None:
    write_atomic(path, [live_playlists.write(playlist).encode()])


def _variant_of(playlist: str) -> int:
    return int(playlist.removesuffix(".m3u8"))


def _is_chunk(name: str) -> bool:
    try:
        return bool(chunk_name(name))
    except Refused:
        return False


def _require_transport_stream(path: Path) -> None:
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        begins_well = file.read(1) == _TS_SYNC_BYTE
    if not begins_well or size_bytes % _TS_PACKET_BYTES:
        raise Refused("The chunk is no MPEG transport stream.", code="bad_chunk")
