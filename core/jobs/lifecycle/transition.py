"""The conditional UPDATE that every transition is, and what follows from each."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core.after_commit import after_commit
from core.errors import JobError
from core.jobs import events
from core.jobs.kinds import kind_named
from core.jobs.lifecycle.sending import send_on_commit, wake_waiting
from core.jobs.models import UNFINISHED, Job, JobAttempt, Status

NO_LEASE: dict[str, Any] = {
    "lease_token": None,
    "lease_expires_at": None,
    "holder": "",
    "is_finishing": False,
}
# A job that ends before its next attempt has not begun, and has taken no time.
QUEUED_AGAIN: dict[str, Any] = {"status": Status.QUEUED, "started_at": None, **NO_LEASE}
NO_PROGRESS: dict[str, Any] = {
    "stage": "",
    "stage_index": 0,
    "progress": 0.0,
    "error_code": "",
    "error_message": "",
}


class LeaseLost(Exception):  # noqa: N818 - it says what happened, not that something is wrong
    """The job was cancelled or taken over: its holder must stop and write nothing."""


class NotAllowed(JobError):  # noqa: N818 - it says what happened
    """The job's state does not allow this."""

    code = "conflict"


def held(job: Job) -> Q:
    """Match the job while it runs under the lease that `job` was claimed with."""
    return Q(status=Status.RUNNING, lease_token=job.lease_token)


def change(
    job_id: UUID, guard: Q, *, within: Callable[[Job], None] | None = None, **values: Any
) -> Job | None:
    """Change the row if `guard` holds, tell its kind, and announce it on commit.

    `within` and the kind's `changed` run in the same transaction. Returns the job as it
    is now, or None when the guard did not hold and nothing was changed.
    """
    with transaction.atomic(savepoint=False):  # Part of the caller's, where there is one.
        won = Job.objects.filter(guard, pk=job_id).update(
            revision=F("revision") + 1, updated_at=timezone.now(), **values
        )
        if not won:
            return None
        job = Job.objects.get(pk=job_id)
        # Before what `within` puts on the list: the job's news comes before its children's.
        after_commit(events.announce, job)
        if within:
            within(job)
        kind_named(job.kind).changed(job)
        return job


def change_held(job: Job, *, within: Callable[[Job], None] | None = None, **values: Any) -> Job:
    """Change a job that the caller holds. Raises: `LeaseLost`."""
    changed = change(job.pk, held(job), within=within, **values)
    if changed is None:
        raise LeaseLost(f"The lease of job {job.pk} is gone.")
    return changed


def end_attempt(job: Job, outcome: str) -> None:
    """Write down what the job's newest attempt came to."""
    JobAttempt.objects.filter(job=job, number=job.attempt, ended_at=None).update(
        ended_at=timezone.now(), outcome=outcome
    )


def requeued(outcome: str, delay_s: float = 0.0) -> Callable[[Job], None]:
    """Return what follows when a job goes from running back to queued."""

    def follow(job: Job) -> None:
        end_attempt(job, outcome)
        _return_members(job, outcome)
        send_on_commit(job, delay_s)
        wake_waiting(job)

    return follow


def failed_attempt(then: Callable[[Job], None]) -> Callable[[Job], None]:
    """Return what follows when an attempt ended badly: its kind counts it, then `then`."""

    def follow(job: Job) -> None:
        kind_named(job.kind).attempt_failed(job)
        then(job)

    return follow


def _return_members(job: Job, outcome: str) -> None:
    """Give the children back that were claimed with a job which is queued again."""
    # A child runs beside an unfinished parent only as a member of its family.
    for child in Job.objects.filter(parent=job, status=Status.RUNNING):
        change(
            child.pk,
            held(child),
            within=lambda member: end_attempt(member, outcome),
            **QUEUED_AGAIN,
        )


def follow_up(job: Job) -> None:
    """Do what a final state brings with it: children start or end, a waiting job is woken."""
    end_attempt(job, job.error_code or job.status)
    children = Job.objects.filter(parent=job, status__in=UNFINISHED)
    for child in children:
        if job.status != Status.SUCCEEDED:
            end_with_parent(child, job)
        elif child.status == Status.QUEUED:
            send_on_commit(child)
    wake_waiting(job)


def end_with_parent(child: Job, parent: Job) -> None:
    """End a job whose parent failed or was cancelled, at the same moment as its parent.

    By that moment `retry` knows which children to bring back.
    """
    is_cancelled = parent.status == Status.CANCELLED
    change(
        child.pk,
        Q(status__in=UNFINISHED),
        within=follow_up,
        status=Status.CANCELLED if is_cancelled else Status.FAILED,
        error_code="" if is_cancelled else "parent_failed",
        error_message="" if is_cancelled else "A job that this one needed has failed.",
        finished_at=parent.finished_at,
        **NO_LEASE,
    )


def ended_with(parent_id: UUID, moment: datetime | None) -> Q:
    """Match the children that `end_with_parent` ended when their parent ended at `moment`."""
    return Q(
        parent=parent_id, finished_at=moment, status__in=(Status.FAILED, Status.CANCELLED)
    ) & ~Q(finished_at=None)
