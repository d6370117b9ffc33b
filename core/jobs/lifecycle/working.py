"""What the holder of a lease does: take a job, report on it, end it or give it back."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, FloatField, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from core.accounts.models import User
from core.jobs.kinds import kind_named
from core.jobs.lifecycle.sending import send_on_commit
from core.jobs.lifecycle.transition import (
    NO_LEASE,
    NO_PROGRESS,
    QUEUED_AGAIN,
    LeaseLost,
    change,
    change_held,
    failed_attempt,
    follow_up,
    held,
    requeued,
)
from core.jobs.models import Job, JobAttempt, Status
from core.jobs.selectors import claimable, queued
from core.jobs.storable import storable_json, storable_text
from core.jobs.types import Json

STAGE_CHARS = CODE_CHARS = 64
MESSAGE_CHARS = 5000


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_S)


def claim(
    job_id: uuid.UUID,
    *,
    holder: str,
    lease_token: uuid.UUID | None = None,
    lease: timedelta | None = None,
    is_outside: bool = False,
    seen: Job | None = None,
) -> Job | None:
    """Take a queued job under a new lease, or return None if it is not to be had.

    Not to be had: taken by someone else, finished, told to wait, its parent not done, or
    as many of its owner's jobs of this kind running as the kind allows. A holder outside,
    which is no worker, brings its own token and length of lease; it need not wait where
    workers do, and takes no family along. `seen` is the job where the caller has read it.
    """
    may_take = claimable(is_outside=is_outside)
    job = seen or Job.objects.filter(may_take, pk=job_id).only("kind", "owner").first()
    if job is None:
        return None
    now = timezone.now()
    with transaction.atomic(savepoint=False):
        if not _has_slot(job):
            return None
        lease_values: dict[str, Any] = {
            "status": Status.RUNNING,
            "attempt": F("attempt") + 1,
            "attempts_left": Greatest(F("attempts_left") - 1, 0),
            "lease_token": lease_token or uuid.uuid4(),
            "lease_expires_at": now + (lease or _lease()),
            "holder": holder,
            "started_at": now,
            "not_before": None,
            **NO_PROGRESS,
        }
        claimed = change(job_id, may_take, within=_begin_attempt, **lease_values)
        if claimed and not is_outside:
            _claim_family(claimed, lease_values)
        return claimed


def _claim_family(parent: Job, lease_values: dict[str, Any]) -> None:
    """Take the children along that the parent's kind makes together with it."""
    family = kind_named(parent.kind).family_of(parent)
    if family is None:
        return
    for child in Job.objects.filter(family, parent=parent, status=Status.QUEUED):
        change(child.pk, queued(), within=_begin_attempt, **lease_values)


def members_of(job: Job) -> list[Job]:
    """Return the children that were claimed together with a job."""
    together = Job.objects.filter(
        parent=job, status=Status.RUNNING, lease_token=job.lease_token
    ).order_by("created_at", "pk")
    return list(together)


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


def report(
    job: Job, stage: str, stage_index: int, progress: float, *, lease: timedelta | None = None
) -> Job:
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
        lease_expires_at=timezone.now() + (lease or _lease()),
    )


def renew(job: Job, *, lease: timedelta | None = None) -> None:
    """Keep the lease, of the whole family, without any news. Raises: `LeaseLost`."""
    expires = timezone.now() + (lease or _lease())
    family = Q(pk=job.pk) | Q(parent=job.pk)
    if not Job.objects.filter(held(job) & family).update(lease_expires_at=expires):
        raise LeaseLost(f"The lease of job {job.pk} is gone.")


def waiting_to_finish() -> dict[str, Any]:
    """Return the values of a job whose first half is done: a lease that nobody holds yet."""
    return {
        "is_finishing": True,
        "holder": "",
        "lease_token": uuid.uuid4(),
        "lease_expires_at": timezone.now() + _lease(),
    }


def hand_over(job: Job, *, within: Callable[[Job], None] | None = None) -> Job:
    """End the first half of a job: a worker does the second (`JobKind.finish`).

    The worker has as many attempts as the kind names, and the first half is never done
    again. `within` writes what belongs to it in the same transaction. Raises: `LeaseLost`.
    """

    def follow(done: Job) -> None:
        if within:
            within(done)
        send_on_commit(done)

    attempts = kind_named(job.kind).max_attempts
    return change_held(job, within=follow, attempts_left=attempts, **waiting_to_finish())


def take_up(job_id: uuid.UUID, *, holder: str) -> Job | None:
    """Take a job that was handed over, or return None if it is not to be had."""
    return change(
        job_id,
        Q(status=Status.RUNNING, is_finishing=True, holder=""),
        attempts_left=Greatest(F("attempts_left") - 1, 0),
        lease_token=uuid.uuid4(),
        lease_expires_at=timezone.now() + _lease(),
        holder=holder,
    )


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


def fail(job: Job, code: str, message: str, result: Json | None = None) -> Job:
    """End a job badly, for good; `result` is what its kind says of it. Raises: `LeaseLost`."""
    return change_held(
        job,
        within=failed_attempt(follow_up),
        status=Status.FAILED,
        error_code=storable_text(code, CODE_CHARS),
        error_message=storable_text(message, MESSAGE_CHARS),
        result=None if result is None else storable_json(result),
        finished_at=timezone.now(),
        **NO_LEASE,
    )


def postpone(job: Job, code: str, message: str) -> Job:
    """Queue the job for its next attempt after its kind's delay, or fail it after the last.

    Raises: `LeaseLost`.
    """
    kind = kind_named(job.kind)
    if job.is_finishing and job.attempts_left > 0:
        return _finish_again(job)
    if job.is_finishing or not kind.has_another_attempt(job):
        return fail(job, code, message)
    delay_s = kind.delay_s(job)
    return change_held(
        job,
        within=failed_attempt(requeued(storable_text(code, CODE_CHARS), delay_s)),
        not_before=timezone.now() + timedelta(seconds=delay_s) if delay_s else None,
        **QUEUED_AGAIN,
    )


def release(job: Job) -> Job:
    """Give the job back unharmed, its attempt too: a worker that is told to stop does so.

    Raises: `LeaseLost`.
    """
    if job.is_finishing:
        return _finish_again(job, attempts_left=F("attempts_left") + 1)
    return change_held(
        job,
        within=requeued("released"),
        attempts_left=F("attempts_left") + 1,
        **QUEUED_AGAIN,
    )


def _finish_again(job: Job, **values: Any) -> Job:
    """Let another worker do a job's second half. Raises: `LeaseLost`."""
    return change_held(job, within=send_on_commit, **waiting_to_finish(), **values)
