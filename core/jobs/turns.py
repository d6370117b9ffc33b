"""Turns: how many jobs of a kind run at once on one machine (`JobKind.host_limit`).

A slot is a file that is locked (flock(2)) while a job runs, so the system frees it when its
holder is killed. A message that finds no slot is let go: whoever frees one sends the oldest
waiting jobs again, and what is missed then, the upkeep's `resend_lost` finds.

Who has a slot takes the oldest job of the message's kind and queue, not the very one that the
message names: the order in which messages happen to arrive is none.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from core.jobs import broker
from core.jobs.kinds import JobKind, kind_named
from core.jobs.models import Job
from core.jobs.selectors import claimable


@contextmanager
def turn(job_id: UUID) -> Iterator[UUID | None]:
    """Give the id of the job whose turn it is, for as long as it runs; None is nobody's."""
    job = Job.objects.filter(pk=job_id).only("kind", "queue").first()
    kind = kind_named(job.kind) if job else JobKind
    limit = kind.host_limit()
    if job is None or not limit:
        yield job_id
        return
    with _slot(kind.name, limit) as is_ours:
        yield _oldest(job) if is_ours else None


@contextmanager
def _slot(kind: str, limit: int) -> Iterator[bool]:
    """Hold one of this machine's slots, if there is one."""
    folder = Path(settings.DATA_DIR) / "slots" / socket.gethostname()
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    descriptor = _locked(folder, kind, limit)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(folder: Path, kind: str, limit: int) -> int | None:
    """Return the open file of a slot that was free."""
    for number in range(limit):
        path = folder / f"{kind}.{number}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return descriptor
    return None


def _oldest(job: Job) -> UUID:
    """Return the job of the same kind and queue that has waited longest, if one waits."""
    waiting = Job.objects.filter(claimable(), kind=job.kind, queue=job.queue)
    oldest = waiting.order_by("created_at", "pk").values_list("pk", flat=True).first()
    return oldest or job.pk


def wake(kind: str) -> None:
    """Send the oldest waiting jobs of a kind of which one has ended, as many as could begin."""
    limit = kind_named(kind).host_limit()
    if not limit:
        return
    waiting = Job.objects.filter(claimable(), kind=kind).order_by("created_at", "pk")
    woken = list(waiting.values_list("pk", "queue")[:limit])
    if woken:
        Job.objects.filter(pk__in=[pk for pk, _ in woken]).update(sent_at=timezone.now())
        broker.send_many(woken)
