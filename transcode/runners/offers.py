"""Which jobs a runner is offered (contract, 2.4 and 2.6). Nothing is reserved by an offer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.jobs.kinds import kind_named
from core.jobs.models import Job
from core.jobs.selectors import claimable
from transcode.kind import VideoKind, runner_kinds
from transcode.models import Runner, VideoJob

MOST_OFFERS = 10
PAGE_ROWS = MOST_OFFERS + 4
# A runner that shuts down aborts, hears of the job and would take it again before it exits.
WITHHELD_FOR = timedelta(seconds=5)
BACK_OFF = timedelta(seconds=30)
# Beyond, the doubling would only make dates that no calendar has.
MOST_DOUBLINGS = 16
OTHERS_SEEN = timedelta(minutes=2)


def offers(runner: Runner) -> list[VideoJob]:
    """Return up to ten pending jobs that a runner may be offered, the most urgent first."""
    found: list[VideoJob] = []
    for video_job in _pending(runner):
        found.append(video_job)
        if len(found) == MOST_OFFERS:
            break
    return found


def _pending(runner: Runner) -> Iterator[VideoJob]:
    names = [kind.name for kind in _kinds() if kind.may_be_offered(runner)]
    waiting = Job.objects.filter(claimable(is_outside=True), kind__in=names, pk=OuterRef("pk"))
    rows = VideoJob.objects.filter(Exists(waiting), waits_since__isnull=False)
    urgent = rows.order_by("priority", "waits_since", "job_id")
    patience = _Patience(runner)
    # By pages and not by a cursor, for which PostgreSQL would write out all that wait.
    seen: list[UUID] = []
    while page := list(urgent.exclude(pk__in=seen)[:PAGE_ROWS]):
        seen += [video_job.pk for video_job in page]  # by no offset: rows go between two pages
        for video_job in page:
            if not is_withheld(video_job, runner) and not patience.waits(video_job):
                yield video_job


def _kinds() -> list[type[VideoKind]]:
    kinds = [kind_named(name) for name in runner_kinds()]
    return [kind for kind in kinds if issubclass(kind, VideoKind)]


def are_any_pending() -> bool:
    """Return whether there is a job that some runner may have."""
    return Job.objects.filter(claimable(is_outside=True), kind__in=runner_kinds()).exists()


# ---- withheld


def withhold(video_job: VideoJob, runner: Runner) -> None:
    """Keep a job from the runner that has just aborted it."""
    until = timezone.now() + WITHHELD_FOR
    kept = {**_still(video_job.withheld), str(runner.pk): until.isoformat()}
    VideoJob.objects.filter(pk=video_job.pk).update(withheld=kept)


def is_withheld(video_job: VideoJob, runner: Runner) -> bool:
    """Return whether the runner may not have the job yet."""
    return video_job.has_to_wait or str(runner.pk) in _still(video_job.withheld)


def _still(withheld: dict[str, str]) -> dict[str, str]:
    now = timezone.now()
    return {key: at for key, at in withheld.items() if datetime.fromisoformat(at) > now}


# ---- back-off


def note_failure(job: Job) -> None:
    """Remember whose attempt failed, while the job still names its runner."""
    video_job = VideoJob.objects.filter(job=job.pk, runner__isnull=False).first()
    if video_job is None:
        return
    key = str(video_job.runner_id)
    count = video_job.failed_by.get(key, {}).get("count", 0) + 1
    said: dict[str, Any] = {"count": count, "at": timezone.now().isoformat()}
    VideoJob.objects.filter(pk=job.pk).update(failed_by={**video_job.failed_by, key: said})


class _Patience:
    """Leaves what a runner has failed to others for a while, as long as there are others."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def waits(self, video_job: VideoJob) -> bool:
        """Return whether the job is not to be offered to this runner yet."""
        failed = video_job.failed_by.get(str(self.runner.pk))
        if not failed:
            return False
        doublings = min(failed["count"] - 1, MOST_DOUBLINGS)
        until = datetime.fromisoformat(failed["at"]) + BACK_OFF * 2**doublings
        return timezone.now() < until and self._are_others_here

    @cached_property
    def _are_others_here(self) -> bool:
        seen = Runner.objects.filter(last_contact__gte=timezone.now() - OTHERS_SEEN)
        return seen.exclude(pk=self.runner.pk).exists()
