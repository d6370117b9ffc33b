"""Which jobs go to the broker, and when: always after the commit that lets a worker see them.

A kind that limits how many of an owner's jobs run at once sends only as many as have a
slot; whenever one of them ends, the owner's oldest waiting job is sent.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.after_commit import after_commit
from core.jobs import broker, events
from core.jobs.kinds import kind_named
from core.jobs.models import Job, Status
from core.jobs.selectors import claimable


def send_on_commit(job: Job, delay_s: float = 0.0) -> None:
    """Have the broker deliver the job once the row is there for a worker to see."""
    times, send = _delivery(job, delay_s)
    if times:
        Job.objects.filter(pk=job.pk).update(**times)
    transaction.on_commit(send, robust=True)


def save_and_send(job: Job) -> None:
    """Save a new job, tell of it and send it, with what sending writes in the one statement."""
    times, send = _delivery(job)
    job.not_before, job.sent_at = times.get("not_before"), times.get("sent_at")
    job.save(force_insert=True)
    after_commit(events.announce, job)
    transaction.on_commit(send, robust=True)


def wake_waiting(job: Job) -> None:
    """After the commit, send the owner's waiting jobs of this kind for which there is a slot."""
    if limit := _limit_of(job):
        # Only after the commit are both its end and any newly queued job visible to whoever
        # looks later: of a claim that found no slot and this look, one sees the other.
        after_commit(_wake, job.owner_id, job.kind, limit)


def _delivery(job: Job, delay_s: float = 0.0) -> tuple[dict[str, datetime], Callable[[], object]]:
    """Return what is to be written of a job's message, and what sends it."""
    kind = kind_named(job.kind)
    times: dict[str, datetime] = {}
    if job.is_finishing:
        return times, partial(broker.send, job.pk, kind.finish_queue)
    if not job.queue:
        return times, _nothing  # No worker takes it: its holder comes for it.
    if wait_s := kind.wait_s(job):
        delay_s = max(delay_s, wait_s)
        times["not_before"] = timezone.now() + timedelta(seconds=delay_s)
    limit = _limit_of(job)
    if limit and not delay_s:
        return times, partial(_wake, job.owner_id, job.kind, limit)
    times["sent_at"] = timezone.now()
    return times, partial(broker.send, job.pk, job.queue, delay_s=delay_s)


def _nothing() -> None:
    pass


def _limit_of(job: Job) -> int:
    return kind_named(job.kind).active_limit() if job.owner_id else 0


def _wake(owner_id: UUID | None, kind: str, limit: int) -> None:
    mine = Job.objects.filter(owner=owner_id, kind=kind)
    free = limit - mine.filter(status=Status.RUNNING).count()
    waiting = mine.filter(claimable()).order_by("created_at", "pk")[: max(0, free)]
    woken = list(waiting.values_list("pk", "queue"))
    if woken:
        Job.objects.filter(pk__in=[pk for pk, _ in woken]).update(sent_at=timezone.now())
        broker.send_many(woken)
