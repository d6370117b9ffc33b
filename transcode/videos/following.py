"""What a video does when one of its jobs changes: its progress, its state, its end.

A job's own share is written in the transaction that changed it. The video follows after
the commit, in a transaction of its own that locks the video first: of two jobs that end
at once the second sees both, and nobody waits for a job's row while holding a video's.
Should we die in between, `upkeep.settle` finds the video.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.module_loading import import_string

from core.after_commit import after_commit
from core.jobs.models import UNFINISHED, Job, Status
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.videos import events, storage
from transcode.videos.types import MOST_BEFORE_THE_END

logger = logging.getLogger(__name__)

# An encode is nearly all of a job; checking and placing its result is the rest.
ENCODE_SHARE = 0.98
FOLLOWED = (VideoState.TO_TRANSCODE, VideoState.PUBLISHED, VideoState.TRANSCODING_FAILED)
ENDS = (VideoState.PUBLISHED, VideoState.TRANSCODING_FAILED)
# Their kinds say themselves what becomes of the video.
OWN_STATES = (JobType.LIVE, JobType.STUDIO)


def job_changed(job: Job) -> None:
    """Follow a job, in the transaction that changed it."""
    if job.status == Status.RUNNING and not job.stage and not job.is_finishing:
        _taken(job)
        return
    share = fraction_of(job)
    now = timezone.now()
    rows = VideoJob.objects.filter(job=job.pk)
    rows.filter(~Q(seen_progress=share)).update(
        seen_progress=share, best_progress=Greatest("best_progress", share), progressed_at=now
    )
    if job.status != Status.RUNNING:
        is_waiting = job.status == Status.QUEUED
        rows.filter(waits_since__isnull=is_waiting).update(
            waits_since=job.created_at if is_waiting else None
        )
    if job.is_finished:
        after_commit(storage.remove_staged, job.pk)
    video_id = UUID(job.params["video"])
    after_commit(follow, video_id)


def _taken(job: Job) -> None:
    """Note that an attempt begins, of which a video shows nothing, in one UPDATE: runners race."""
    # Whoever takes it reads the source after this, so never an older one than is noted.
    cut = Video.objects.filter(pk=OuterRef("video")).values("cut")
    VideoJob.objects.filter(job=job.pk).update(
        waits_since=None, cut=Subquery(cut), seen_progress=0.0, progressed_at=timezone.now()
    )


def fraction_of(job: Job) -> float:
    """Return how much of a job is done, 0.0 to 1.0, over its stages."""
    if job.status == Status.SUCCEEDED:
        return 1.0
    if job.is_finishing or job.stage == "publish":
        done = job.progress if job.stage == "publish" else 0.0
        return ENCODE_SHARE + (1 - ENCODE_SHARE) * done
    return ENCODE_SHARE * job.progress


@dataclass(frozen=True)
class Share:
    """What the video needs to know of one job of its round."""

    status: str
    error: str
    weight: float
    best: float
    is_optional: bool
    type: str
    resolution: int | None

    @property
    def has_failed(self) -> bool:
        """Whether nothing will come of it."""
        return self.status in (Status.FAILED, Status.CANCELLED)


def shares_of(video: Video) -> list[Share]:
    """Read the counted jobs of the video's present round."""
    rows = VideoJob.objects.filter(video=video.pk, round=video.round, is_counted=True)
    columns = ("weight", "best_progress", "is_optional", "type", "resolution")
    found = rows.order_by("job__created_at", "job").values_list(
        "job__status", "job__error_message", *columns
    )
    return [Share(*row) for row in found]


def progress_of(shares: Iterable[Share]) -> float:
    """Return the percentage that a round's jobs have come to, weighed by pixels a second."""
    shares = list(shares)
    whole = sum(share.weight for share in shares)
    done = sum(share.weight * share.best for share in shares)
    return min(MOST_BEFORE_THE_END, 100.0 * done / whole) if whole else 0.0


def outcome_of(shares: list[Share], *, is_playable: bool) -> tuple[VideoState, str, list[str]]:
    """Return state, error and warnings that a round's jobs amount to (2.6).

    A rendition that the video can do without costs a warning, if something plays. The copy
    that is published first is none: the ladder has its size again. Nothing may play though
    nothing has failed: an operator can erase the job that was cancelled.
    """
    needed = [share for share in shares if share.has_failed and not share.is_optional]
    if needed:
        return VideoState.TRANSCODING_FAILED, _why(needed[0]), []
    if any(share.status in UNFINISHED for share in shares):
        return VideoState.TO_TRANSCODE, "", []
    missing = [share for share in shares if share.has_failed]
    if not is_playable:
        why = _why(missing[0]) if missing else "Its jobs have left nothing that plays."
        return VideoState.TRANSCODING_FAILED, why, []
    lost = [share for share in missing if share.type != JobType.REMUX]
    warnings = [f"The rendition of {each.resolution}p is missing: {_why(each)}" for each in lost]
    return VideoState.PUBLISHED, "", warnings


def _why(share: Share) -> str:
    if share.status == Status.CANCELLED:
        return "The transcoding was cancelled."
    return share.error or "The transcoding failed."


def follow(video_id: UUID) -> None:
    """Bring a video up to its jobs: progress at each new per cent, state, and what follows."""
    # What the probe said is long, and this runs at every report.
    seen = Video.objects.filter(pk=video_id, state__in=FOLLOWED).defer("probe").first()
    if seen is None:
        return
    shares = shares_of(seen)
    # A round of live or of an edit says itself what becomes of the video, and one without jobs
    # nothing. A video that waits for jobs has lost them: an operator can erase them unseen.
    is_own = all(share.type in OWN_STATES for share in shares)
    if is_own and seen.state != VideoState.TO_TRANSCODE:
        return
    if _is_news(seen, shares):
        _follow_locked(video_id)


def _is_news(video: Video, shares: list[Share]) -> bool:
    state, error, warnings = outcome_of(shares, is_playable=video.is_playable)
    if (video.state, video.error, video.warnings) != (state, error, _kept(video, warnings)):
        return True
    return state == VideoState.TO_TRANSCODE and int(progress_of(shares)) > int(video.progress)


@transaction.atomic
def _follow_locked(video_id: UUID) -> None:
    video = Video.objects.select_for_update(no_key=True).filter(pk=video_id).first()
    if video is None or video.state not in FOLLOWED:
        return
    shares = shares_of(video)
    before = video.state
    state, error, warnings = outcome_of(shares, is_playable=video.is_playable)
    if state != VideoState.TO_TRANSCODE and video.mastered_revision != video.master_revision:
        return  # The master is being written; its writer calls again.
    video.state, video.error, video.warnings = state, error, _kept(video, warnings)
    video.progress = max(video.progress, progress_of(shares))
    if state == VideoState.PUBLISHED:
        video.progress = 100.0
        video.published_at = video.published_at or timezone.now()
    _save(video)
    if state == before:
        after_commit(events.publish_progress, video)
        return
    after_commit(events.publish_changed, video.pk)
    if state in ENDS:
        _ended(video)


def _kept(video: Video, warnings: list[str]) -> list[str]:
    """Return what the jobs amount to, and what others have said of the video before."""
    ours = "is missing: "
    return [*(said for said in video.warnings if ours not in said), *warnings]


def _save(video: Video) -> None:
    """Write what following changes, and nothing that others write meanwhile."""
    fields = ("state", "error", "warnings", "progress", "published_at")
    values: dict[str, Any] = {name: getattr(video, name) for name in fields}
    now = timezone.now()
    Video.objects.filter(pk=video.pk).update(revision=F("revision") + 1, updated_at=now, **values)
    video.revision += 1
    video.updated_at = now


def _ended(video: Video) -> None:
    """Do what a round's end brings with it, good or bad, in the transaction that says so."""
    from transcode.videos import publication, storyboards

    if video.state == VideoState.PUBLISHED:
        publication.tidy(video)
        storyboards.plan(video)
    after_commit(_call_back, video)


def _call_back(video: Video) -> None:
    """Call `TRANSCODE_ENDED_CALLBACK` with the video; what it raises is its own affair."""
    if path := settings.TRANSCODE_ENDED_CALLBACK:
        try:
            import_string(path)(video)
        except Exception:
            logger.exception("the callback of ended videos failed for video %s", video.pk)
