"""The Celery task that runs jobs, harmless if delivered twice, and the upkeep."""

import logging
from uuid import UUID

from celery import shared_task

from core.jobs import upkeep
from core.jobs.execution import execute

logger = logging.getLogger(__name__)


@shared_task(name="core.run_job", acks_late=True, reject_on_worker_lost=True)
def run_job(job_id: str) -> None:
    """Run one job to its end. The argument is an id, so a stale copy is never trusted."""
    execute(UUID(job_id))


@shared_task(name="core.reap_jobs", expires=30)
def reap_jobs() -> int:
    """Take jobs from holders whose lease has run out; return how many."""
    return upkeep.reap()


@shared_task(name="core.resend_lost_jobs", expires=30)
def resend_lost_jobs() -> int:
    """Send jobs again whose message was lost; return how many."""
    return upkeep.resend_lost()


@shared_task(name="core.prune_jobs", expires=3600)
def prune_jobs() -> int:
    """Remove old finished jobs that nothing points to; return how many."""
    return upkeep.prune()
