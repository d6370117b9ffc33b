"""Which jobs go to the broker, and when: always after the commit that lets a worker see them.

A kind that limits how many of an owner's jobs run at once sends only as many as have a
slot; whenever one of them ends, the owner's oldest waiting job is sent.
"""

from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.jobs import broker
from core.jobs.kinds import kind_named
from core.jobs.models import Job, Status
from core.jobs.selectors import claimable


def send_on_commit(job: Job, delay_s: float = 0.0) -> None:
    """Have the broker deliver the job once the row is there for a worker to see."""
    if job.is_finishing:
        queue = kind_named(job.kind).finish_queue
        transaction.on_commit(partial(broker.send, job.pk, queue), robust=True)
        return
    if not job.queue:
        return  # No worker takes it: its holder comes for it.
    if wait_s := kind_named(job.kind).wait_s(job):
        delay_s = max(delay_s, wait_s)
        not_before = timezone.now() + timedelta(seconds=delay_s)
        Job.objects.filter(pk=job.pk).update(not_before=not_before)
    if delay_s or not _limit_of(job):
        send = partial(broker.send, job.pk, job.queue, delay_s=delay_s)
        transaction.on_commit(send, robust=True)
        Job.objects.filter(pk=job.pk).update(sent_at=timezone.now())
    else:
        wake_waiting(job)


def wake_waiting(job: Job) -> None:
    """After the commit, send the owner's waiting jobs of this kind for which there is a slot."""
    if limit := _limit_of(job):
        # Only after the commit are both its end and any newly queued job visible to whoever
        # looks later: of a claim that found no slot and this look, one sees the other.
        transaction.on_commit(partial(_wake, job.owner_id, job.kind, limit), robust=True)


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
