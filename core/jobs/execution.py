"""Running one job to its end, in a worker process."""

import logging
import threading
from contextlib import nullcontext, suppress
from uuid import UUID

from core.jobs import holder, lifecycle, stopping, turns
from core.jobs.holding import Holding
from core.jobs.kinds import JobKind, kind_named
from core.jobs.models import Job, Status
from core.jobs.settling import insist, settle
from core.jobs.types import Json
from core.jobs.watchdog import Watchdog

logger = logging.getLogger(__name__)


def execute(job_id: UUID) -> None:
    """Claim a job and run it; return at once when it is not to be had.

    Raises: `stopping.GivenBack` when this worker begins nothing any more.
    """
    if stopping.is_asked_for():
        raise stopping.GivenBack("This worker stops.")
    with stopping.sigterm_put_off() if _is_main_thread() else nullcontext():
        with turns.turn(job_id) as next_id:
            job = _taken(next_id) if next_id else None
            if job is not None:
                _hold(job)
        if job is None:
            _free_from_the_dead(job_id)
        else:
            turns.wake(job.kind)


def _taken(job_id: UUID) -> Job | None:
    me = holder.this_process()
    return lifecycle.claim(job_id, holder=me) or lifecycle.take_up(job_id, holder=me)


def _hold(job: Job) -> None:
    """Run a job that was taken, and write down how it ended."""
    kind_class = kind_named(job.kind)
    holding = Holding(job, memory_limit_bytes=kind_class.memory_limit_bytes)
    try:
        _run(holding, kind_class)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the row says so
        settle(holding, error)
    finally:
        holding.remove_scratch()


def _run(holding: Holding, kind_class: type[JobKind]) -> None:
    kind = kind_class(holding.job, holding)
    holding.ends_in(kind.limit_s())
    result = _work(kind)
    holding.last_word()
    holding.save_log()
    insist(lambda: lifecycle.succeed(holding.job, result, within=lambda _: _publish(kind, result)))


def _publish(kind: JobKind, result: Json) -> None:
    """Write what the job came to, and end the family that it made."""
    kind.publish(result)
    for member in kind.members:
        # One that was cancelled meanwhile stays so.
        with suppress(lifecycle.LeaseLost):
            lifecycle.succeed(member, kind.member_results.get(member.pk, {}))


def _work(kind: JobKind) -> Json:
    """Do the job's work, watched where a signal can interrupt it: in the main thread only."""
    work = kind.finish if kind.job.is_finishing else kind.run
    return Watchdog(kind.holding).run(work) if _is_main_thread() else work()


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _free_from_the_dead(job_id: UUID) -> None:
    """Take a job back whose holder died on this machine: its message came again at once."""
    job = Job.objects.filter(pk=job_id, status=Status.RUNNING).first()
    if job is not None and holder.is_known_dead(job.holder):
        lifecycle.reap_holder(job)
