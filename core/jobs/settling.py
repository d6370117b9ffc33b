"""Writing down how a job ended, also when the database is away just then."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from django.db import Error as AnyDatabaseError
from django.db import InterfaceError, OperationalError, connection

from core.errors import JobError, TemporaryFailure
from core.jobs import lifecycle
from core.jobs.holding import Holding
from core.jobs.kinds import kind_named
from core.jobs.stopping import GivenBack

logger = logging.getLogger(__name__)

PATIENCE_S = 120.0
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0


class DatabaseAway(Exception):  # noqa: N818 - it says what happened
    """The end of a job could not be written: its lease will run out."""


def insist(write: Callable[[], object], *, patience_s: float | None = None) -> None:
    """Call `write` until the database takes it. Raises: `DatabaseAway`, and what it raises.

    A late write changes nothing: the lease stands in its condition. When an answer was
    lost, but not the write, the second one finds the lease gone (`LeaseLost`).
    """
    give_up_at = time.monotonic() + (PATIENCE_S if patience_s is None else patience_s)
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            write()
            return
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > give_up_at:
                raise DatabaseAway(type(error).__name__) from error
            logger.warning("the end of a job waits for the database: %s", type(error).__name__)
        connection.close()
        time.sleep(wait_s)  # There is nothing else to do: only the row of the ended job is missing.
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def settle(holding: Holding, error: BaseException, *, patience_s: float | None = None) -> None:
    """Write down that a job did not succeed, as `error` says. Never raises for the database."""
    job = holding.job
    if isinstance(error, lifecycle.LeaseLost | DatabaseAway):
        logger.info("job %s is no longer ours: %s", job.pk, error)
        return
    if isinstance(error, GivenBack) and (job.is_finishing or kind_named(job.kind).is_abortable):
        logger.info("job %s goes back: this worker stops", job.pk)
        _end(holding, lambda: lifecycle.release(job), patience_s)
        return
    failure = _as_job_error(holding, error)
    code, message = failure.code, str(failure)
    holding.log(f"{code}: {message}")
    if isinstance(failure, TemporaryFailure):
        _end(holding, lambda: lifecycle.postpone(job, code, message), patience_s)
    else:
        _end(holding, lambda: lifecycle.fail(job, code, message, failure.result), patience_s)


def _as_job_error(holding: Holding, error: BaseException) -> JobError:
    """Give what was raised a code and a sentence for people; a crash is logged once, here."""
    if isinstance(error, JobError):
        return error
    if isinstance(error, GivenBack):
        return JobError("The worker was told to stop.", code="worker_stopped")
    if isinstance(error, MemoryError):
        return JobError("The job needed more memory than it may have.", code="memory")
    logger.error("job %s crashed", holding.job.pk, exc_info=error)
    sentence = "The worker met an unexpected error."
    may_pass = isinstance(error, OperationalError | InterfaceError)
    if may_pass or kind_named(holding.job.kind).retries_crashes:
        return TemporaryFailure(sentence, code="crashed")
    return JobError(sentence, code="crashed")


def _end(holding: Holding, write: Callable[[], object], patience_s: float | None) -> None:
    try:
        holding.save_log()
        holding.last_word()
        insist(write, patience_s=patience_s)
    except lifecycle.LeaseLost:
        logger.info("job %s had ended before", holding.job.pk)
    except (DatabaseAway, AnyDatabaseError):
        logger.exception("job %s: its end could not be written", holding.job.pk)
    with suppress(AnyDatabaseError):
        connection.close_if_unusable_or_obsolete()
