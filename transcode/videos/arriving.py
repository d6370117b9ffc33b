"""A video whose file is still on its way: announced, perhaps begun, and completed."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.accounts.models import User
from core.after_commit import after_commit
from core.media.probe import MediaInfo
from transcode.models import JobType, Video, VideoState
from transcode.videos import events, layout, pictures, storage
from transcode.videos.creating import draft, source_name
from transcode.videos.errors import NotFound
from transcode.videos.intake import Inspected, extension_of, inspect
from transcode.videos.removal import cancel_all


def announce_upload(
    *, owner: User, name: str, size_bytes: int, language: str = "", is_private: bool = False
) -> Video:
    """Make the row of a video whose file is still to come. Raises: `FieldErrors`."""
    video = draft(owner=owner, name=name, language=language, is_private=is_private)
    video.state, video.size_bytes = VideoState.TO_IMPORT, size_bytes
    video.save(force_insert=True)
    after_commit(events.publish_changed, video.pk)
    return video


def begin_streaming(
    *, video: Video, info: MediaInfo, private: dict[str, Any], base_url: str = ""
) -> Video | None:
    """Queue the renditions of an announced video while its file still comes.

    `info` is the probe of its beginning; `private` goes into each job's `private_payload`.
    None when it has begun before, or is gone.
    """
    with transaction.atomic():
        current = _locked(video, VideoState.TO_IMPORT)
        if current is None:
            return None
        columns = {**Inspected(info, "", None).columns(), "size_bytes": current.size_bytes}
        return _begun(current, columns, None, private=private, base_url=base_url)


def stop_streaming(video_id: UUID) -> None:
    """Give up the renditions of a video whose file stands still; `begin` lays them out anew."""
    with transaction.atomic():
        # The jobs are locked before their video, as by everyone who holds both.
        cancel_all(Video(pk=video_id))
        rows = Video.objects.select_for_update(no_key=True).filter(pk=video_id, source_name="")
        current = rows.filter(state=VideoState.TO_TRANSCODE).first()
        if current is None:
            transaction.set_rollback(True)  # It has just been taken in: the jobs go on.
            return
        columns = {"state": VideoState.TO_IMPORT, "progress": 0.0, "round": current.round + 1}
        _write(current, columns)


def begin(*, video: Video, path: Path, filename: str, base_url: str = "") -> Video:
    """Take in the whole file of an announced video; the file is moved away.

    It bears being called again after a death at any point. Where renditions were begun while
    the file came, only the original and what is known of it are written.
    Raises: `FieldErrors`, and the caller then ends the video (`remove`); `NotFound`.
    """
    name = source_name(video, extension_of(filename))
    with storage.wherever(path, name) as whole:
        inspected = inspect(whole, filename)
    if not Video.objects.filter(pk=video.pk).exists():
        raise NotFound
    storage.place(path, name)
    columns = {**inspected.columns(), "source_name": name}
    if not inspected.info.video:
        video.source_name, video.has_video = name, False
        video.probe = columns["probe"]
        columns.update(pictures.columns_of(video))
    with transaction.atomic():
        current = _locked(video)
        if current is None:
            storage.remove_video(video.pk)
            raise NotFound
        if current.state == VideoState.TO_IMPORT:
            current = _begun(current, columns, inspected.keyframe_gap_s, base_url=base_url)
        elif not current.source_name:
            _write(current, columns)
            _copy_first(current, inspected.keyframe_gap_s, base_url)
    if not current.thumbnail_name:
        pictures.ask_for(current.pk)
    return current


def _locked(video: Video, *states: VideoState) -> Video | None:
    rows = Video.objects.select_for_update(no_key=True).filter(pk=video.pk)
    return (rows.filter(state__in=states) if states else rows).first()


def _begun(
    video: Video,
    columns: dict[str, Any],
    keyframe_gap_s: float | None,
    *,
    private: dict[str, Any] | None = None,
    base_url: str = "",
) -> Video:
    """Write what is known of the file and lay out its jobs, in the caller's transaction."""
    _write(video, {**columns, "state": VideoState.TO_TRANSCODE})
    settings = layout.LadderSettings.current()
    planned = layout.plan(video, settings, keyframe_gap_s=keyframe_gap_s)
    layout.lay_out(video, planned, base_url=base_url, private=private)
    return video


def _copy_first(video: Video, keyframe_gap_s: float | None, base_url: str) -> None:
    """Have the source itself played where the encode that follows it is not that far yet."""
    if video.is_playable:
        return
    planned = layout.plan(video, layout.LadderSettings.current(), keyframe_gap_s=keyframe_gap_s)
    copies = [job for job in planned if job.type == JobType.REMUX]
    layout.lay_out(
        video, [replace(job, is_top=False, is_optional=True) for job in copies], base_url=base_url
    )


def _write(video: Video, columns: dict[str, Any]) -> None:
    """Write these columns, and tell of it."""
    rows = Video.objects.filter(pk=video.pk)
    rows.update(revision=F("revision") + 1, updated_at=timezone.now(), **columns)
    video.refresh_from_db()
    after_commit(events.publish_changed, video.pk)
