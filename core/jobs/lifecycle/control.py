"""What others do to a job: cancel it, try it again, take it from a holder that is gone."""

import logging
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from core.jobs.kinds import kind_named
from core.jobs.lifecycle.sending import send_on_commit
from core.jobs.lifecycle.transition import (
    NO_LEASE,
    NO_PROGRESS,
    QUEUED_AGAIN,
    NotAllowed,
    change,
    ended_with,
    failed_attempt,
    follow_up,
    held,
    requeued,
)
from core.jobs.lifecycle.working import waiting_to_finish
from core.jobs.models import UNFINISHED, Job, Status
from core.jobs.selectors import running

logger = logging.getLogger(__name__)


def cancel(job_id: UUID, *, unless: Q | None = None) -> Job:
    """End an unfinished job; its holder notices and stops. Raises: `NotAllowed`.

    `unless` matches jobs that may not be cancelled here.
    """
    job = change(
        job_id,
        Q(status__in=UNFINISHED) & ~(unless or Q(pk=None)),
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
                within=_begin_anew,
                queue=kind.queue_of(Job.objects.only("params").get(pk=job_id).params),
                attempts_left=kind.max_attempts,
                not_before=None,
                finished_at=None,
                result=None,
                **QUEUED_AGAIN,
                **NO_PROGRESS,
            )
    except IntegrityError as error:
        raise NotAllowed("The same work is under way in another job.") from error
    if changed is None:
        raise NotAllowed("Only a failed or cancelled job can be tried again.")
    return changed


def _begin_anew(job: Job) -> None:
    kind_named(job.kind).begun_anew(job)
    if job.parent is None or job.parent.status == Status.SUCCEEDED:
        send_on_commit(job)


def reap_stalled() -> int:
    """Take every job whose lease has run out from its holder; return how many."""
    run_out = running() & Q(lease_expires_at__lt=timezone.now())
    # Parents first: they bring the children back that share their lease.
    oldest_first = Job.objects.filter(run_out).order_by("created_at")
    return sum(_take_back(job, run_out) for job in oldest_first)


def reap_holder(job: Job) -> bool:
    """Take a job from a holder that is known to be dead, before its lease runs out."""
    return _take_back(job, Q())


def _take_back(job: Job, still: Q) -> bool:
    """Queue the job again, or fail it after its last attempt; False when it moved meanwhile.

    One job that cannot be changed does not keep the others from being taken back.
    """
    try:
        return _requeue_or_fail(job, held(job) & still) is not None
    except (OperationalError, InterfaceError):
        raise  # The database is away: so it is for the others.
    except Exception:  # a kind of job may fail in its own way; the others are taken back
        logger.exception("job %s cannot be taken back from its holder", job.pk)
        return False


def _requeue_or_fail(job: Job, guard: Q) -> Job | None:
    kind = kind_named(job.kind)
    if job.is_finishing and job.attempts_left > 0:
        return change(job.pk, guard, within=send_on_commit, **waiting_to_finish())
    if job.is_finishing or not kind.has_another_attempt(job):
        return change(
            job.pk,
            guard,
            within=failed_attempt(follow_up),
            status=Status.FAILED,
            error_code=kind.lost_code,
            error_message=kind.lost_message,
            finished_at=timezone.now(),
            **NO_LEASE,
        )
    delay_s = kind.delay_s(job)
    return change(
        job.pk,
        guard,
        within=failed_attempt(requeued("worker_lost", delay_s)),
        not_before=timezone.now() + timedelta(seconds=delay_s) if delay_s else None,
        **QUEUED_AGAIN,
    )
