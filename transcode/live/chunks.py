"""What a runner sends of a live stream: read, refused or put in its place (contract, 4.3).

Names are looked at before anything is written. The order of writing is that of
`LiveFolder`: a chunk, then its playlist, then the master.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.after_commit import after_commit
from core.media.paths import make_folder, write_atomic
from transcode.engines import live_master, live_playlists
from transcode.engines.errors import Refused
from transcode.engines.live_playlists import MASTER_NAME, chunk_name, numbers_of, playlist_name
from transcode.engines.live_window import LiveFolder
from transcode.kind import PayloadInvalid
from transcode.live import files as live_files
from transcode.models import LiveSession, Video, VideoJob, VideoState
from transcode.runners.problems import NotProcessing
from transcode.videos import events

ADD, REMOVE = "add-chunk", "remove-chunk"
CHUNK_PART, PLAYLIST_PART, MASTER_PART = (
    "videoChunkFile",
    "resolutionPlaylistFile",
    "masterPlaylistFile",
)
CHUNK_NAME, PLAYLIST_NAME = "videoChunkFilename", "resolutionPlaylistFilename"
PARTS = (CHUNK_PART, PLAYLIST_PART, MASTER_PART)
MAX_PLAYLIST_BYTES = 2**20
# A master that names playlists which are still to come.
_EARLY_MASTER = ".master.given"


@dataclass(frozen=True)
class Change:
    """One update: a chunk that came (`arrived`) or is to go, and playlists beside it.

    Without the name of a chunk it is about playlists alone.
    """

    chunk: str = ""
    arrived: Path | None = None
    playlist: str | None = None
    playlist_data: bytes = b""
    master_data: bytes | None = None


def accept_update(
    video_job: VideoJob, fields: Mapping[str, str], files: Mapping[str, Path]
) -> None:
    """Take what a runner's update brought; one that brings nothing is a sign of life.

    Raises: `NotProcessing` when the stream was ended; `PayloadInvalid`, and nothing is written.
    """
    session = LiveSession.objects.filter(pk=video_job.video_id, ended_at=None).first()
    if session is None:
        raise NotProcessing
    if not fields and not files:
        return
    try:
        change = _read(video_job, fields, files)
        put(video_job.video_id, change, is_kept=session.keeps_replay)
    except Refused as refused:
        raise PayloadInvalid(f"Payload is invalid: {refused}") from refused


def put(video_id: UUID, change: Change, *, is_kept: bool) -> None:
    """Write one change into a stream's folder, and let the video be played once it can.

    Raises: `Refused`.
    """
    path = live_files.folder_of(video_id)
    make_folder(path)
    folder = LiveFolder(path)
    if change.arrived is not None:
        folder.add_chunk(change.chunk, change.arrived)
    if change.playlist is not None:
        folder.put_playlist(change.playlist, change.playlist_data)
    if change.chunk and change.arrived is None:
        folder.remove_chunk(change.chunk, is_kept=is_kept)
    if _put_master(folder, path, change.master_data):
        _begin_to_play(video_id)


def _put_master(folder: LiveFolder, path: Path, data: bytes | None) -> bool:
    """Serve the master; one that came too early is kept until its playlists are there."""
    early = path / _EARLY_MASTER
    if data is not None:
        is_served = folder.put_master(data)
        if not is_served:
            write_atomic(early, [data])
        return is_served
    return early.exists() and not folder.has(MASTER_NAME) and folder.put_master(early.read_bytes())


def _begin_to_play(video_id: UUID) -> None:
    waiting = Video.objects.filter(pk=video_id, state=VideoState.WAITING_FOR_LIVE)
    if not waiting.exists():
        return
    now = timezone.now()
    with transaction.atomic():
        if waiting.update(
            state=VideoState.PUBLISHED,
            is_playable=True,
            master_name=live_files.master_name(video_id),
            hashes_name=live_files.hashes_name(video_id),
            published_at=Coalesce("published_at", now),
            revision=F("revision") + 1,
            updated_at=now,
        ):
            after_commit(events.publish_changed, video_id)


# ---- reading


def _read(video_job: VideoJob, fields: Mapping[str, str], files: Mapping[str, Path]) -> Change:
    what = fields.get("type")
    if what not in (ADD, REMOVE):
        raise Refused(f"type has to be {ADD} or {REMOVE}.")
    chunk = chunk_name(fields.get(CHUNK_NAME, ""))
    variant, _ = numbers_of(chunk)
    if variant > len(video_job.payload["output"]["toTranscode"]):
        raise Refused("There is no such rendition.")  # The last number is the sound's.
    if (what == ADD) != (CHUNK_PART in files):
        raise Refused(f"{CHUNK_PART} belongs to {ADD}, and is needed there.")
    change = Change(
        chunk=chunk,
        arrived=files.get(CHUNK_PART),
        playlist=_playlist_of(fields, files, variant),
        playlist_data=_small(files.get(PLAYLIST_PART)) or b"",
        master_data=_small(files.get(MASTER_PART)),
    )
    # What cannot be read is refused before anything of the update is written.
    if change.playlist is not None:
        live_playlists.read(change.playlist_data, variant)
    if change.master_data is not None:
        live_master.read(change.master_data)
    return change


def _playlist_of(fields: Mapping[str, str], files: Mapping[str, Path], variant: int) -> str | None:
    if (PLAYLIST_NAME in fields) != (PLAYLIST_PART in files):
        raise Refused(f"{PLAYLIST_NAME} and {PLAYLIST_PART} come together.")
    if PLAYLIST_NAME not in fields:
        return None
    name = playlist_name(fields[PLAYLIST_NAME])
    if int(name.removesuffix(".m3u8")) != variant:
        raise Refused("The playlist is not the chunk's.")
    return name


def _small(path: Path | None) -> bytes | None:
    if path is None:
        return None
    with path.open("rb") as file:
        data = file.read(MAX_PLAYLIST_BYTES + 1)
    if len(data) > MAX_PLAYLIST_BYTES:
        raise Refused("The playlist is too long.")
    return data
