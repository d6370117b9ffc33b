"""Thumbnail and preview of a video, made and put in their place (transcode contract, 4.10)."""

import logging
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from core.errors import JobError
from core.media.ffmpeg import ffmpeg
from core.media.probe import MediaInfo, OtherStream, media_info
from core.media.process import Limits
from transcode.engines import commands, thumbnails
from transcode.engines.graphs import Command, Source
from transcode.models import Video
from transcode.videos import events, storage

logger = logging.getLogger(__name__)
MAX_COVER_SIDE = 4096
FRAME_LIMITS = Limits(wall_s=30.0, memory_bytes=2 * 2**30, file_size_bytes=256 * 2**20)


def add(video: Video) -> None:
    """Make a video's pictures where it has none, write them and tell of it.

    Bears being called again; whoever comes second changes nothing.
    """
    if video.thumbnail_name or not video.source_name:
        return
    columns = columns_of(video)
    if not columns["thumbnail_name"]:
        return
    bare = Video.objects.filter(pk=video.pk, thumbnail_name="")
    if bare.update(revision=F("revision") + 1, updated_at=timezone.now(), **columns):
        video.refresh_from_db()
        events.publish_changed(video.pk)
    else:
        for name in columns.values():
            storage.remove(name)


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

    def take(at_s: float, target: Path) -> None:
        _run(commands.picture_at(source, at_s, thumbnails.PREVIEW, target))

    return thumbnails.choose(take, info.duration_s, folder)


def _still(path: Path, info: MediaInfo, title: str, folder: Path) -> Path:
    """Take the cover out of a sound, or make a picture for one that has none."""
    covers = [s for s in info.streams if isinstance(s, OtherStream) and _is_cover(s, info)]
    target = folder / "cover.png"
    if covers:
        _run(commands.cover_picture(path, covers[0].index, target))
    if not target.exists():
        thumbnails.audio_card(title, target)
    return target


def _is_cover(stream: OtherStream, info: MediaInfo) -> bool:
    """Return whether a stream is a cover that may be decoded: a few KB may declare gigapixels."""
    said = info.said_of(stream.index)
    sides = [said.get("width", 0), said.get("height", 0)]
    return stream.kind == "cover" and all(0 < side <= MAX_COVER_SIDE for side in sides)


def _run(command: Command) -> None:
    """Run ffmpeg; what it cannot decode leaves no file."""
    with suppress(JobError):
        ffmpeg(
            command.inputs,
            command.output,
            limits=FRAME_LIMITS,
            threads=1,
            demuxers=command.demuxers,
        )
