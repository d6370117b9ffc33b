"""What the holder of a lease does: take a job, report on it, end it or give it back."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, FloatField, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from core.accounts.models import User
from core.jobs.kinds import kind_named
from core.jobs.lifecycle.transition import (
    NO_LEASE,
    NO_PROGRESS,
    LeaseLost,
    change,
    change_held,
    follow_up,
    held,
    requeued,
)
from core.jobs.models import Job, JobAttempt, Status
from core.jobs.selectors import claimable
from core.jobs.storable import storable_json, storable_text
from core.jobs.types import Json

STAGE_CHARS = CODE_CHARS = 64
MESSAGE_CHARS = 2000


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_S)


def claim(job_id: uuid.UUID, *, holder: str) -> Job | None:
    """Take a queued job under a new lease, or return None if it is not to be had.

    Not to be had: taken by someone else, finished, told to wait, its parent not done, or
    as many of its owner's jobs of this kind running as the kind allows.
    """
    job = Job.objects.filter(claimable(), pk=job_id).only("kind", "owner").first()
    if job is None:
        return None
    now = timezone.now()
    with transaction.atomic():
        if not _has_slot(job):
            return None
        return change(
            job_id,
            claimable(),
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


def _has_slot(job: Job) -> bool:
    """Return whether the owner may have one more running; locks the owner where it counts."""
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
    """Say how far the job is; the lease is renewed. Raises: `LeaseLost`.

    `progress` is a fraction; within one stage a lower one than before changes nothing.
    """
    stage = storable_text(stage, STAGE_CHARS)
    fraction = Value(min(1.0, max(0.0, progress)), FloatField())
    return change_held(
        job,
        stage=stage,
        stage_index=stage_index,
        progress=Case(
            When(stage=stage, stage_index=stage_index, then=Greatest("progress", fraction)),
            default=fraction,
        ),
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
        result=storable_json(result),
        progress=1.0,
        finished_at=timezone.now(),
        **NO_LEASE,
    )


def fail(job: Job, code: str, message: str) -> Job:
    """End a job badly, for good. Raises: `LeaseLost`."""
    return change_held(
        job,
        within=follow_up,
        status=Status.FAILED,
        error_code=storable_text(code, CODE_CHARS),
        error_message=storable_text(message, MESSAGE_CHARS),
        finished_at=timezone.now(),
        **NO_LEASE,
    )


def postpone(job: Job, code: str, message: str) -> Job:
    """Queue the job for its next attempt after its kind's delay, or fail it after the last.

    Raises: `LeaseLost`.
    """
    if job.attempts_left == 0:
        return fail(job, code, message)
    delay_s = kind_named(job.kind).delay_s(job)
    return change_held(
        job,
        within=requeued(storable_text(code, CODE_CHARS), delay_s),
        status=Status.QUEUED,
        not_before=timezone.now() + timedelta(seconds=delay_s) if delay_s else None,
        **NO_LEASE,
    )


def release(job: Job) -> Job:
    """Give the job back unharmed, its attempt too: a worker that is told to stop does so.

    Raises: `LeaseLost`.
    """
    return change_held(
        job,
        within=requeued("released"),
        status=Status.QUEUED,
        attempts_left=F("attempts_left") + 1,
        **NO_LEASE,
    )
