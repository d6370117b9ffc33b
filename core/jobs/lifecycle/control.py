"""What others do to a job: cancel it, try it again, take it from a holder that is gone."""

import logging
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from core.jobs.kinds import kind_named
from core.jobs.lifecycle.sending import send_on_commit
from core.jobs.lifecycle.transition import (
    NO_LEASE,
    NO_PROGRESS,
    NotAllowed,
    change,
    ended_with,
    follow_up,
    held,
    requeued,
)
from core.jobs.models import UNFINISHED, Job, Status
from core.jobs.selectors import running

logger = logging.getLogger(__name__)


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
    """Queue a failed or cancelled job again, with all its attempts.

    The children that ended with it come back too. Raises: `NotAllowed`.
    """
    with transaction.atomic():
        # A parent is locked before its child, here as in `cancel`: nobody waits in a ring.
        parent_id = Job.objects.only("parent").get(pk=job_id).parent_id
        if parent_id and _locked(parent_id).status in (Status.FAILED, Status.CANCELLED):
            raise NotAllowed("The job that this one needs has to be tried again first.")
        ended_at = _locked(job_id).finished_at
        retried = _queue_again(job_id)
        for child in Job.objects.filter(ended_with(job_id, ended_at)):
            with suppress(NotAllowed):
                retry(child.pk)
        return retried


def _locked(job_id: UUID) -> Job:
    """Read a job that cannot change before the transaction ends (SQLite: no row can)."""
    return Job.objects.select_for_update(no_key=True).get(pk=job_id)


def _queue_again(job_id: UUID) -> Job:
    kind = kind_named(Job.objects.only("kind").get(pk=job_id).kind)
    try:
        with transaction.atomic():
            changed = change(
                job_id,
                Q(status__in=(Status.FAILED, Status.CANCELLED)),
                within=_send_unless_it_waits,
                status=Status.QUEUED,
                attempts_left=kind.max_attempts,
                not_before=None,
                finished_at=None,
                result=None,
                **NO_PROGRESS,
            )
    except IntegrityError as error:
        raise NotAllowed("The same work is under way in another job.") from error
    if changed is None:
        raise NotAllowed("Only a failed or cancelled job can be tried again.")
    return changed


def _send_unless_it_waits(job: Job) -> None:
    if job.parent is None or job.parent.status == Status.SUCCEEDED:
        send_on_commit(job)


def reap_stalled() -> int:
    """Take every job whose lease has run out from its holder; return how many."""
    run_out = running() & Q(lease_expires_at__lt=timezone.now())
    return sum(_take_back(job, run_out) for job in Job.objects.filter(run_out))


def reap_holder(job: Job) -> bool:
    """Take a job from a holder that is known to be dead, before its lease runs out."""
    return _take_back(job, Q())


def _take_back(job: Job, still: Q) -> bool:
    """Queue the job again, or fail it after its last attempt; False when it moved meanwhile.

    One job that cannot be changed does not keep the others from being taken back.
    """
    try:
        return _requeue_or_fail(job, held(job) & still) is not None
    except DatabaseError:
        raise
    except Exception:
        logger.exception("job %s cannot be taken back from its holder", job.pk)
        return False


def _requeue_or_fail(job: Job, guard: Q) -> Job | None:
    if job.attempts_left == 0:
        return change(
            job.pk,
            guard,
            within=follow_up,
            status=Status.FAILED,
            error_code="worker_lost",
            error_message="The worker was lost, and no attempt is left.",
            finished_at=timezone.now(),
            **NO_LEASE,
        )
    delay_s = kind_named(job.kind).delay_s(job)
    return change(
        job.pk,
        guard,
        within=requeued("worker_lost", delay_s),
        status=Status.QUEUED,
        not_before=timezone.now() + timedelta(seconds=delay_s) if delay_s else None,
        **NO_LEASE,
    )
