"""A runner's hold on a job: taken, kept alive, given back, failed, handed over (2.5 to 2.7).

A runner holds a job as a worker does, by a lease; the lease's token is half of the hash of
the job token. So every call is one conditional change of the kernel's row, and whoever
comes late changes nothing.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import APIException

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from core.jobs.storable import storable_json, storable_text
from core.jobs.types import Json
from transcode.kind import VideoKind, video_kind
from transcode.models import Runner, VideoJob
from transcode.runners import offers, registration
from transcode.runners.events import is_one_due, jobs_available, jobs_available_again
from transcode.runners.problems import (
    NotPending,
    NotProcessing,
    TooLate,
    UnknownJob,
    UnknownRunner,
)
from transcode.runners.tokens import hash_of, lease_token_of, new_job_token

ENCODE = "encode"
WRITE_EVERY = timedelta(seconds=2)
MESSAGE_CHARS = 5000


@dataclass(frozen=True)
class Accepted:
    """A job that was won, and the token that proves it, shown this once."""

    job: Job
    video_job: VideoJob
    token: str


@dataclass(frozen=True)
class Held:
    """A job under the tokens of one call. Its hold may be over: see `is_processing`."""

    job: Job
    video_job: VideoJob
    runner: Runner
    kind: type[VideoKind]

    @property
    def is_processing(self) -> bool:
        """Whether the runner is still at work on it."""
        return self.job.status == Status.RUNNING and not self.job.is_finishing

    @property
    def lease(self) -> timedelta:
        """For how long the runner may be silent."""
        return timedelta(seconds=self.kind.stall_s())

    def require_processing(self) -> None:
        """Refuse what comes after the end. Raises: `NotProcessing`."""
        if not self.is_processing:
            raise NotProcessing


# ---- taking a job


def accept(runner: Runner, job_id: UUID) -> Accepted:
    """Give a pending job to a runner. Raises: `UnknownJob`, `NotPending`, `UnknownRunner`."""
    video_job = VideoJob.objects.select_related("job").filter(pk=job_id).first()
    if video_job is None or not video_kind(video_job.job).is_for_runners:
        raise UnknownJob
    token = new_job_token()
    job = None if offers.is_withheld(video_job, runner) else _claim(runner, video_job, token)
    if job is None:
        if not is_one_due() and offers.are_any_pending():
            # It stays silent now until it hears of a job again.
            jobs_available(delay_s=random.uniform(1.0, 3.0))  # noqa: S311 - spreads them out
        raise NotPending
    video_job.runner = runner
    return Accepted(job, video_job, token)


def _claim(runner: Runner, video_job: VideoJob, token: str) -> Job | None:
    """Take the job's lease, and write whose it is in the same transaction."""
    if video_job.job.status != Status.QUEUED:
        return None  # Of many that hear of a job, those that come late need not wait for the lock.
    token_hash = hash_of(token)
    with transaction.atomic():
        # A runner that is being removed takes no more: see `removal.remove_runner`.
        if not Runner.objects.select_for_update(no_key=True).filter(pk=runner.pk).first():
            raise UnknownRunner
        job = lifecycle.claim(
            video_job.pk,
            holder=runner.holder,
            lease_token=lease_token_of(token_hash),
            lease=timedelta(seconds=video_kind(video_job.job).stall_s()),
            is_outside=True,
            seen=video_job.job,
        )
        if job:
            VideoJob.objects.filter(pk=video_job.pk).update(
                runner=runner, token_hash=token_hash, result=None
            )
    return job


def held(job_id: UUID, *, runner_token: str, job_token: str, ip: str | None) -> Held:
    """Return the job that both tokens open. Raises: `UnknownJob`, for any cause; `Throttled`."""
    runner = registration.find(runner_token, ip)
    if runner is None:
        raise UnknownJob
    rows = VideoJob.objects.select_related("job", "video")
    video_job = rows.filter(pk=job_id, runner=runner, token_hash=hash_of(job_token)).first()
    if video_job is None:
        raise UnknownJob
    return Held(video_job.job, video_job, runner, video_kind(video_job.job))


# ---- what the holder does


def update(
    hold: Held, progress: float | None, fields: Mapping[str, str], files: Mapping[str, Path]
) -> None:
    """Keep the lease, note how far the job is (0.0 to 1.0) and take what a live job brings.

    After the end it is ignored. Raises: `UnknownJob`, `PayloadInvalid`, `NotProcessing`.
    """
    if not hold.is_processing:
        return
    hold.kind.updated(hold.video_job, fields, files)
    job = hold.job
    best = job.progress if progress is None else max(job.progress, progress)
    is_news = best > job.progress or job.stage != ENCODE
    if not is_news and timezone.now() - job.updated_at < WRITE_EVERY:
        return
    try:
        lifecycle.report(job, ENCODE, 0, best, lease=hold.lease)
    except lifecycle.LeaseLost as lost:
        if not _is_known(hold):
            raise UnknownJob from lost


def abort(hold: Held, reason: str) -> None:
    """Give the job back; this runner does not get it again at once. A live one has failed.

    Raises: `NotProcessing`, `UnknownJob`.
    """
    if not hold.kind.is_abortable:
        error(hold, reason)
        return
    hold.require_processing()
    try:
        with transaction.atomic():
            lifecycle.release(hold.job)
            offers.withhold(hold.video_job, hold.runner)
    except lifecycle.LeaseLost as lost:
        raise _too_late(hold) from lost
    # For this runner, should there be no other.
    jobs_available_again(offers.WITHHELD_FOR.total_seconds())


def error(hold: Held, message: str) -> None:
    """Count a failure: the job is tried again, or has failed for good.

    Raises: `NotProcessing`, `UnknownJob`.
    """
    hold.require_processing()
    try:
        lifecycle.postpone(hold.job, "runner_error", storable_text(message, MESSAGE_CHARS))
    except lifecycle.LeaseLost as lost:
        raise _too_late(hold) from lost


def succeed(hold: Held, fields: Mapping[str, str], files: Mapping[str, Path]) -> None:
    """Look at a result and hand the job over to be finished; the files stay where they are.

    Raises: `NotProcessing`, `PayloadInvalid`, `TooLate` when the job is the runner's no more.
    """
    hold.require_processing()
    result = storable_json(hold.kind.check_success(hold.video_job, fields, files))

    def keep(_: Job) -> None:
        VideoJob.objects.filter(pk=hold.video_job.pk).update(result=result)

    try:
        lifecycle.hand_over(hold.job, within=keep)
    except lifecycle.LeaseLost as lost:
        if not _was_handed_over(hold, result):
            raise TooLate from lost


def _was_handed_over(hold: Held, result: Json) -> bool:
    """Return whether this very call has done it, before a database that then fell silent."""
    # The names of the staged files are of one call only.
    kept = VideoJob.objects.filter(pk=hold.video_job.pk, token_hash=hold.video_job.token_hash)
    return bool(result) and kept.values_list("result", flat=True).first() == result


def _is_known(hold: Held) -> bool:
    """Return whether the call's tokens still mean this job."""
    tokens = {"runner": hold.runner, "token_hash": hold.video_job.token_hash}
    return VideoJob.objects.filter(pk=hold.video_job.pk, **tokens).exists()


def _too_late(hold: Held) -> APIException:
    """Return what a call is told whose job changed while it was under way."""
    return NotProcessing() if _is_known(hold) else UnknownJob()
