"""Running one job to its end, in a worker process."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from uuid import UUID

from core.errors import JobError, TemporaryFailure
from core.jobs import holder, lifecycle
from core.jobs.holding import Holding
from core.jobs.kinds import JobKind, kind_named
from core.jobs.models import Job, Status
from core.jobs.watchdog import Watchdog

logger = logging.getLogger(__name__)


def execute(job_id: UUID) -> None:
    """Claim a job and run it; return at once when it is not to be had."""
    job = lifecycle.claim(job_id, holder=holder.this_process())
    if job is None:
        _free_from_the_dead(job_id)
        return
    kind_class = kind_named(job.kind)
    holding = Holding(job, memory_limit_bytes=kind_class.memory_limit_bytes)
    kind = kind_class(job, holding)
    holding.ends_in(kind.limit_s())
    try:
        with _recorded(kind):
            with _watched(kind):
                result = kind.run()
            holding.save_log()
            lifecycle.succeed(job, result, within=lambda _: kind.publish(result))
    finally:
        holding.remove_scratch()


@contextmanager
def _recorded(kind: JobKind) -> Iterator[None]:
    """Write down how the job failed, if it does; a crash is logged once, here."""
    job = kind.job
    try:
        yield
    except lifecycle.LeaseLost:
        logger.info("job %s was cancelled or taken over", job.pk)
    except TemporaryFailure as error:
        _settle(kind, error, lifecycle.postpone)
    except JobError as error:
        _settle(kind, error, lifecycle.fail)
    except Exception:
        logger.exception("job %s crashed", job.pk)
        crash = JobError("The worker met an unexpected error.", code="crashed")
        _settle(kind, crash, lifecycle.fail)


def _settle(kind: JobKind, error: JobError, end: Callable[[Job, str, str], Job]) -> None:
    kind.holding.log(f"{error.code}: {error}")
    kind.holding.save_log()
    try:
        end(kind.job, error.code, str(error))
    except lifecycle.LeaseLost:
        logger.info("job %s had ended before it could fail", kind.job.pk)


def _watched(kind: JobKind) -> "Watchdog | nullcontext[None]":
    """Watch the job where a signal can interrupt it: in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        return nullcontext()
    return Watchdog(kind.holding)


def _free_from_the_dead(job_id: UUID) -> None:
    """Take a job back whose holder died on this machine: its message came again at once."""
    job = Job.objects.filter(pk=job_id, status=Status.RUNNING).first()
    if job is not None and holder.is_known_dead(job.holder):
        lifecycle.reap_holder(job)
