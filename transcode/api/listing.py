"""One's videos as a list, and a video's jobs: rows as they are read and shown."""

import re
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from core.accounts.models import User
from core.jobs.models import Status
from transcode.models import Video, VideoFile, VideoJob, VideoState
from transcode.states import JobState, state_of
from transcode.videos import selectors
from transcode.videos.executors import executor_of
from transcode.videos.types import LabelBody

PARENT_ERROR = "Parent error"


@dataclass(frozen=True)
class Part:
    """A part of a list, and how long the whole is."""

    total: int
    videos: list[Video]


class JobBody(TypedDict):
    """A job of a video, as its owner sees it: no address and no token. Progress is in percent."""

    uuid: str
    type: str
    resolution: int | None
    state: LabelBody
    progress: int | None
    failures: int
    error: str | None
    executor: str | None
    startedAt: str | None
    finishedAt: str | None


def part_of(user: User, *, start: int, count: int, states: list[VideoState], search: str) -> Part:
    """Read a part of a user's videos, newest first; `search` is an id, or a part of a name."""
    videos = selectors.videos_of(user)
    if states:
        videos = videos.filter(state__in=states)
    if search:
        videos = videos.filter(_found_by(search))
    return Part(videos.count(), list(shown(videos)[start : start + count]))


def shown(videos: QuerySet[Video]) -> QuerySet[Video]:
    """Read with videos what their bodies show, and none of what ffprobe said of them."""
    files = VideoFile.objects.defer("probe", "segment_hashes")
    return videos.defer("probe").prefetch_related(Prefetch("files", files), "captions")


def _found_by(words: str) -> Q:
    # By a pattern: `icontains` of SQLite knows the two cases of ASCII letters only.
    found = Q(name__iregex=re.escape(words))
    try:
        return found | Q(pk=UUID(words))
    except ValueError:
        return found


def jobs_of(video: Video) -> list[JobBody]:
    """Show a video's jobs of all rounds, oldest first."""
    return [_job_body(row) for row in selectors.jobs_of(video)]


def _job_body(row: VideoJob) -> JobBody:
    job = row.job
    state = state_of(job)
    is_begun = job.status != Status.QUEUED
    return {
        "uuid": str(job.pk),
        "type": row.type,
        "resolution": row.resolution,
        "state": {"id": int(state), "label": state.label},
        "progress": _percentage(row),
        "failures": row.failures,
        "error": PARENT_ERROR if state == JobState.PARENT_ERRORED else job.error_message or None,
        "executor": executor_of(row),
        "startedAt": job.started_at.isoformat() if job.started_at and is_begun else None,
        "finishedAt": job.finished_at.isoformat() if job.finished_at else None,
    }


def _percentage(row: VideoJob) -> int | None:
    """Return how far a job at work is; None while it waits and when it is over."""
    if row.job.status != Status.RUNNING:
        return None
    is_made = row.job.is_finishing or row.job.stage == "publish"
    return 100 if is_made else round(100 * row.job.progress)
