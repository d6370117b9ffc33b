"""What the holder of a lease does: take a job, report on it, end it or give it back."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core.accounts.models import User
from core.jobs.kinds import kind_named
from core.jobs.lifecycle.transition import (
    NO_LEASE,
    NO_PROGRESS,
    LeaseLost,
    change,
    change_held,
    end_attempt,
    follow_up,
    held,
    send_on_commit,
    wake_waiting,
)
from core.jobs.models import Job, JobAttempt, Status
from core.jobs.types import Json


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_S)


def claim(job_id: uuid.UUID, *, holder: str) -> Job | None:
    """Take a queued job under a new lease, or return None if it is not to be had.

    Not to be had: taken by someone else, finished, told to wait, its parent not done, or
    as many of its owner's jobs of this kind running as the kind allows.
    """
    now = timezone.now()
    due = Q(not_before=None) | Q(not_before__lte=now)
    # Conditions on the row itself stay outside any subquery: PostgreSQL looks at them
    # again after it has waited for another claim, at a subquery's it does not.
    succeeded = Job.objects.filter(status=Status.SUCCEEDED)
    guard = Q(status=Status.QUEUED) & due & (Q(parent=None) | Q(parent__in=succeeded))
    with transaction.atomic():
        if not _has_slot(job_id):
            return None
        return change(
            job_id,
            guard,
            within=_begin_attempt,
            status=Status.RUNNING,
            attempt=F("attempt") + 1,
            attempts_left=F("attempts_left") - 1,
            lease_token=uuid.uuid4(),
            lease_expires_at=now + _lease(),
            holder=holder,
            started_at=now,
            not_before=None,
            **NO_PROGRESS,
        )


def _has_slot(job_id: uuid.UUID) -> bool:
    """Return whether the owner may have one more running; locks the owner where it counts."""
    job = Job.objects.filter(pk=job_id, status=Status.QUEUED).first()
    if job is None:
        return False
    limit = kind_named(job.kind).active_limit()
    if not limit or job.owner_id is None:
        return True
    # Two claims of one owner take turns: PostgreSQL by this lock, SQLite by IMMEDIATE.
    User.objects.select_for_update(no_key=True).filter(pk=job.owner_id).first()
    running = Job.objects.filter(owner=job.owner_id, kind=job.kind, status=Status.RUNNING)
    return running.count() < limit


def _begin_attempt(job: Job) -> None:
    JobAttempt.objects.create(job=job, number=job.attempt, holder=job.holder)


def report(job: Job, stage: str, stage_index: int, progress: float) -> Job:
    """Say how far the job is; the lease is renewed. Raises: `LeaseLost`."""
    return change_held(
        job,
        stage=stage,
        stage_index=stage_index,
        progress=min(1.0, max(0.0, progress)),
        lease_expires_at=timezone.now() + _lease(),
    )


def renew(job: Job) -> None:
    """Keep the lease without any news. Raises: `LeaseLost`."""
    expires = timezone.now() + _lease()
    if not Job.objects.filter(held(job), pk=job.pk).update(lease_expires_at=expires):
        raise LeaseLost(f"The lease of job {job.pk} is gone.")


def succeed(job: Job, result: Json, *, within: Callable[[Job], None] | None = None) -> Job:
    """End a job well; `within` writes what belongs to it in the same transaction.

    Raises: `LeaseLost`; nothing is written then.
    """

    def finish(done: Job) -> None:
        if within:
            within(done)
        follow_up(done)

    return change_held(
        job,
        within=finish,
        status=Status.SUCCEEDED,
        result=result,
        progress=1.0,
        finished_at=timezone.now(),
        **NO_LEASE,
    )


def fail(job: Job, code: str, message: str) -> Job:
    """End a job badly. Raises: `LeaseLost`."""
    return change_held(
        job,
        within=follow_up,
        status=Status.FAILED,
        error_code=code,
        error_message=message,
        finished_at=timezone.now(),
        **NO_LEASE,
    )


def postpone(job: Job, code: str, message: str) -> Job:
    """Queue the job for its next attempt after its kind's delay, or fail it after the last.

    Raises: `LeaseLost`.
    """
    if job.attempts_left == 0:
        return fail(job, code, message)
    delays = kind_named(job.kind).retry_delays_s
    delay_s = delays[min(job.attempt, len(delays)) - 1] if delays else 0.0

    def send_later(waiting: Job) -> None:
        end_attempt(waiting, code)
        send_on_commit(waiting, delay_s)
        wake_waiting(waiting)

    return change_held(
        job,
        within=send_later,
        status=Status.QUEUED,
        not_before=timezone.now() + timedelta(seconds=delay_s),
        **NO_LEASE,
    )


def release(job: Job) -> Job:
    """Give the job back unharmed, its attempt too: a worker that is told to stop does so.

    Raises: `LeaseLost`.
    """

    def send_again(waiting: Job) -> None:
        end_attempt(waiting, "released")
        send_on_commit(waiting)

    return change_held(
        job,
        within=send_again,
        status=Status.QUEUED,
        attempts_left=F("attempts_left") + 1,
        **NO_LEASE,
    )
