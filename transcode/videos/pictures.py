"""Thumbnail and preview of a video, made and put in their place (transcode contract, 4.10).

No request waits for a frame to be decoded: a worker makes the pictures. Only a sound has its
own from the start, for its first job lays the still under it.
"""

import logging
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.errors import JobError
from core.jobs import broker
from core.media.ffmpeg import ffmpeg
from core.media.probe import MediaInfo, OtherStream, media_info
from core.media.process import Limits
from transcode.engines import commands, thumbnails
from transcode.engines.graphs import Command, Source
from transcode.models import Video
from transcode.videos import cuts, events, storage

logger = logging.getLogger(__name__)
TASK, QUEUE = "transcode.make_pictures", "default"
MAX_COVER_SIDE = 4096
# Of larger pictures none is decoded but the one that is taken: a few KB may hold hundreds.
MAX_DECODED_PIXELS = 4096 * 2304
MEMORY_BYTES, FILE_BYTES = 2 * 2**30, 256 * 2**20
FRAME_LIMITS = Limits(wall_s=10.0, memory_bytes=MEMORY_BYTES, file_size_bytes=FILE_BYTES)
# A request may wait for a cover.
COVER_LIMITS = Limits(wall_s=5.0, memory_bytes=MEMORY_BYTES, file_size_bytes=FILE_BYTES)


def ask_for(video_id: UUID) -> None:
    """Have a worker make a video's pictures, once the caller's transaction is over.

    A message that never comes is missed by the upkeep, which asks again.
    """
    send = partial(broker.send_task, TASK, str(video_id), queue=QUEUE)
    transaction.on_commit(send, robust=True)


def add(video: Video) -> None:
    """Make a video's pictures where it has none, write them and tell of it.

    Bears being called again; whoever comes second changes nothing. Raises: `TemporaryFailure`
    when the storage is away.
    """
    seen = None if video.thumbnail_name else _as_seen(video)
    if seen is None:
        return
    columns = columns_of(seen)
    if not columns["thumbnail_name"]:
        return
    bare = Video.objects.filter(pk=video.pk, thumbnail_name="", cut=video.cut)
    if bare.update(revision=F("revision") + 1, updated_at=timezone.now(), **columns):
        video.refresh_from_db()
        events.publish_changed(video.pk)
    else:
        for name in columns.values():
            storage.remove(name)


def _as_seen(video: Video) -> Video | None:
    """Return what pictures are taken of: its best rendition stands in for a source that is gone."""
    if video.source_name:
        return video
    best = cuts.files_of(video).filter(has_video=True).order_by("-resolution", "-fps").first()
    if best is None:
        return None
    return Video(
        pk=video.pk,
        name=video.name,
        source_name=best.name,
        size_bytes=best.size_bytes,
        probe=best.probe,
    )


def fill(video: Video) -> None:
    """Make the pictures of a video that is not saved yet."""
    for column, name in columns_of(video).items():
        setattr(video, column, name)


def columns_of(video: Video) -> dict[str, str]:
    """Make both pictures of a video's original, and return their keys by column.

    They are empty for a frame that cannot be decoded: that is no error.
    """
    info = media_info(video.probe, size_bytes=video.size_bytes)
    with (
        storage.local_path(video.source_name) as path,
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as made,
    ):
        folder = Path(made)
        shown = _frame(path, info, folder) if info.video else _still(path, info, video.name, folder)
        thumbnail, preview = folder / "thumbnail.jpg", folder / "preview.jpg"
        try:
            if shown is not None:
                thumbnails.write_jpegs(shown, thumbnail, preview)
                return _place(video.pk, thumbnail, preview)
        except ValueError:
            logger.warning("no picture could be made of video %s", video.pk)
    return {"thumbnail_name": "", "preview_name": ""}


def _place(video_id: UUID, thumbnail: Path, preview: Path) -> dict[str, str]:
    stem = uuid4()
    names = {
        "thumbnail_name": storage.name_in("images", video_id, f"{stem}-thumbnail.jpg"),
        "preview_name": storage.name_in("images", video_id, f"{stem}-preview.jpg"),
    }
    storage.place(thumbnail, names["thumbnail_name"])
    storage.place(preview, names["preview_name"])
    return names


def _frame(path: Path, info: MediaInfo, folder: Path) -> Path | None:
    source = Source(path, info)

    width, height = source.video.coded_width, source.video.coded_height
    is_heavy = width * height > MAX_DECODED_PIXELS

    def take(at_s: float, target: Path) -> None:
        picture = partial(commands.picture_at, source, at_s, thumbnails.PREVIEW, target)
        if not is_heavy:
            _run(picture(), FRAME_LIMITS)
        if not target.exists():
            _run(picture(is_from_keyframes=True), FRAME_LIMITS)

    return thumbnails.choose(take, info.duration_s, folder)


def _still(path: Path, info: MediaInfo, title: str, folder: Path) -> Path:
    """Take the cover out of a sound, or make a picture for one that has none."""
    covers = [s for s in info.streams if isinstance(s, OtherStream) and _is_cover(s, info)]
    target = folder / "cover.png"
    if covers:
        _run(commands.cover_picture(path, covers[0].index, target), COVER_LIMITS)
    if not target.exists():
        thumbnails.audio_card(title, target)
    return target


def _is_cover(stream: OtherStream, info: MediaInfo) -> bool:
    """Return whether a stream is a cover that may be decoded: a few KB may declare gigapixels."""
    said = info.said_of(stream.index)
    sides = [said.get("width", 0), said.get("height", 0)]
    return stream.kind == "cover" and all(0 < side <= MAX_COVER_SIDE for side in sides)


def _run(command: Command, limits: Limits) -> None:
    """Run ffmpeg; what it cannot decode leaves no file."""
    with suppress(JobError):
        ffmpeg(
            command.inputs,
            command.output,
            limits=limits,
            threads=1,
            demuxers=command.demuxers,
        )
