"""New renditions of a video that is there, another try, and an end before the end."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.after_commit import after_commit
from core.errors import FieldErrors
from core.jobs import lifecycle
from core.jobs.models import Job, Status
from transcode.engines import ladder
from transcode.models import Video, VideoJob, VideoState
from transcode.videos import events, layout, selectors
from transcode.videos.creating import clean_name
from transcode.videos.errors import NotFound, WrongState

RETRIABLE = (Status.FAILED, Status.CANCELLED)
FilesType = Literal["hls", "web-video"]


def retranscode(
    *,
    video: Video,
    resolutions: Sequence[int] | None = None,
    type: FilesType | None = None,  # noqa: A002 - the contract's word
    base_url: str = "",
) -> list[Job]:
    """Queue a new ladder, of these sizes or of the usual ones; the old files serve meanwhile.

    Raises: `WrongState` while jobs are open; `FieldErrors`, `NotFound`.
    """
    settings = _settings(resolutions, type)
    with transaction.atomic():
        current = _locked(video)
        require_idle(current)
        if selectors.max_quality(current) is None:
            raise WrongState("There is no file to make renditions of.")
        values = {"round": current.round + 1, "progress": 0.0, "state": VideoState.TO_TRANSCODE}
        _write(current, {**values, "error": "", "warnings": []})
        planned = layout.plan(current, settings)
        return layout.lay_out(current, planned, base_url=base_url)


def _settings(resolutions: Sequence[int] | None, type_: FilesType | None) -> layout.LadderSettings:
    settings = layout.LadderSettings.current()
    if resolutions is not None:
        wanted = set(resolutions)
        if not wanted or not wanted <= set(ladder.ALLOWED) or wanted == {ladder.AUDIO_ONLY}:
            sizes = ", ".join(str(size) for size in ladder.ALLOWED)
            raise FieldErrors({"resolutions": f"A list of one or more of {sizes}, please."})
        settings = replace(settings, resolutions=tuple(sorted(wanted)), always_original=False)
    if type_ not in (None, "hls", "web-video"):
        raise FieldErrors({"type": "hls or web-video, please."})
    if type_ is not None:
        has_web = type_ == "web-video"
        settings = replace(settings, has_web_videos=has_web, has_hls=not has_web)
    return settings


def require_idle(video: Video) -> None:
    """Refuse while jobs of a video's are open. Raises: `WrongState`."""
    is_settled = video.state in (VideoState.PUBLISHED, VideoState.TRANSCODING_FAILED)
    if not is_settled or selectors.open_jobs(video).exists():
        raise WrongState("Jobs of this video are still under way.")


def rename(video: Video, name: str) -> Video:
    """Give a video another name, in any state. Raises: `FieldErrors`, `NotFound`."""
    clean = clean_name(name)
    with transaction.atomic():
        current = _locked(video)
        _write(current, {"name": clean})
    return current


def retry(video: Video) -> Video:
    """Queue what has failed or was cancelled in the video's present round again.

    Raises: `WrongState` when there is nothing of that kind; `NotFound`.
    """
    with transaction.atomic():
        # Jobs are locked before their video, as by a worker that publishes.
        if not [job for job in _given_up(_read(video)) if _retry(job)]:
            raise WrongState("No job of this video has failed or was cancelled.")
        current = _read(video)
        _write(current, {"state": VideoState.TO_TRANSCODE, "error": "", "warnings": []})
    return current


def _given_up(video: Video) -> list[Job]:
    """Select them parents first: their children come back with them."""
    jobs = VideoJob.objects.filter(video=video.pk, round=video.round, is_counted=True)
    wanted = jobs.filter(job__status__in=RETRIABLE).select_related("job")
    return [row.job for row in wanted.order_by("job__created_at", "job")]


def _retry(job: Job) -> bool:
    with suppress(lifecycle.NotAllowed):
        lifecycle.retry(job.pk)
        return True
    return False


def cancel(video: Video) -> Video:
    """End the video's unfinished jobs; what is there already stays.

    Raises: `WrongState` when there are none; `NotFound`.
    """
    with transaction.atomic():
        # Parents first: their children end with them.
        rows = selectors.open_jobs(_read(video)).order_by("job__created_at", "job")
        if not [pk for pk in list(rows.values_list("job", flat=True)) if _cancel(pk)]:
            raise WrongState("No job of this video is under way.")
    return _read(video)


def _cancel(job_id: UUID) -> bool:
    with suppress(lifecycle.NotAllowed):
        lifecycle.cancel(job_id)
        return True
    return False


def _read(video: Video) -> Video:
    """Read the row anew. Raises: `NotFound`."""
    row = Video.objects.filter(pk=video.pk).first()
    if row is None:
        raise NotFound
    return row


def _locked(video: Video) -> Video:
    """Read a video that nobody else changes before the transaction ends. Raises: `NotFound`."""
    row = Video.objects.select_for_update(no_key=True).filter(pk=video.pk).first()
    if row is None:
        raise NotFound
    return row


def _write(video: Video, columns: dict[str, Any]) -> None:
    rows = Video.objects.filter(pk=video.pk)
    rows.update(revision=F("revision") + 1, updated_at=timezone.now(), **columns)
    video.refresh_from_db()
    after_commit(events.publish_changed, video.pk)
