"""The Celery task that runs jobs, harmless if delivered twice, and the upkeep."""

import logging
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from celery.exceptions import Reject
from celery.signals import worker_ready
from django.db import Error as AnyDatabaseError
from django.db import InterfaceError, OperationalError, connections

from core.jobs import stopping, upkeep
from core.jobs.execution import execute

logger = logging.getLogger(__name__)


@shared_task(name="core.run_job", acks_late=True, reject_on_worker_lost=True)
def run_job(job_id: str) -> None:
    """Run one job to its end. The argument is an id, so a stale copy is never trusted."""
    try:
        with structlog.contextvars.bound_contextvars(job_id=job_id):
            execute(UUID(job_id))
    except stopping.GivenBack as stop:
        raise Reject(str(stop), requeue=True) from stop
    except (OperationalError, InterfaceError) as error:
        # It could not be claimed. The upkeep sends it again once the database is back.
        logger.warning("job %s waits for the database: %s", job_id, type(error).__name__)


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


@worker_ready.connect
def sweep_this_machine(**_: Any) -> None:
    """Remove what a killed worker left on this machine; the upkeep may run on another."""
    try:
        upkeep.sweep_scratch()
    except (AnyDatabaseError, OSError):
        logger.warning("scratch folders were not swept", exc_info=True)
    finally:
        # Children that are forked later must not inherit a connection.
        connections.close_all()
