"""What others do to a job: cancel it, try it again, take it from a holder that is gone."""

from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from core.jobs.kinds import kind_named
from core.jobs.lifecycle.transition import (
    NO_LEASE,
    NO_PROGRESS,
    NotAllowed,
    change,
    end_attempt,
    follow_up,
    held,
    send_on_commit,
    wake_waiting,
)
from core.jobs.models import UNFINISHED, Job, Status


def cancel(job_id: UUID) -> Job:
    """End an unfinished job; its holder notices and stops. Raises: `NotAllowed`."""
    job = change(
        job_id,
        Q(status__in=UNFINISHED),
        within=follow_up,
        status=Status.CANCELLED,
        finished_at=timezone.now(),
        **NO_LEASE,
    )
    if job is None:
        raise NotAllowed("The job is finished already.")
    return job


def retry(job_id: UUID) -> Job:
    """Queue a failed or cancelled job again, with all its attempts. Raises: `NotAllowed`."""
    kind = kind_named(Job.objects.only("kind").get(pk=job_id).kind)
    try:
        job = change(
            job_id,
            Q(status__in=(Status.FAILED, Status.CANCELLED)),
            within=send_on_commit,
            status=Status.QUEUED,
            attempts_left=kind.max_attempts,
            not_before=None,
            finished_at=None,
            result=None,
            **NO_PROGRESS,
        )
    except IntegrityError as error:
        raise NotAllowed("The same work is under way in another job.") from error
    if job is None:
        raise NotAllowed("Only a failed or cancelled job can be tried again.")
    return job


def reap_stalled() -> int:
    """Take every job whose lease has run out from its holder; return how many."""
    run_out = Job.objects.filter(status=Status.RUNNING, lease_expires_at__lt=timezone.now())
    return sum(_take_back(job, Q(lease_expires_at__lt=timezone.now())) for job in run_out)


def reap_holder(job: Job) -> bool:
    """Take a job from a holder that is known to be dead, before its lease runs out."""
    return _take_back(job, Q())


def _take_back(job: Job, still: Q) -> bool:
    """Queue the job again, or fail it after its last attempt; False when it moved meanwhile."""
    guard = held(job) & still
    if job.attempts_left:
        return (
            change(job.pk, guard, within=_send_again, status=Status.QUEUED, **NO_LEASE) is not None
        )
    return (
        change(
            job.pk,
            guard,
            within=follow_up,
            status=Status.FAILED,
            error_code="worker_lost",
            error_message="The worker was lost, and no attempt is left.",
            finished_at=timezone.now(),
            **NO_LEASE,
        )
        is not None
    )


def _send_again(job: Job) -> None:
    end_attempt(job, "worker_lost")
    send_on_commit(job)
    wake_waiting(job)
