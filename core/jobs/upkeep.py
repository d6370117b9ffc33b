"""What the beat process does for jobs: reap, send again, prune, sweep scratch folders."""

import logging
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from core.jobs import broker, holder, lifecycle
from core.jobs.kinds import known_kinds
from core.jobs.models import FINISHED, Job, JobAttempt
from core.jobs.selectors import claimable, running

logger = logging.getLogger(__name__)

# A message younger than this is on its way; an older one is counted.
ON_ITS_WAY = timedelta(seconds=8)
SEND_AT_ONCE = 500
PRUNE_AT_ONCE = 1000


def reap() -> int:
    """Take jobs whose lease has run out, or whose holder died on this machine."""
    dead = [job for job in Job.objects.filter(running()) if holder.is_known_dead(job.holder)]
    taken = sum(lifecycle.reap_holder(job) for job in dead) + lifecycle.reap_stalled()
    if taken:
        sweep_scratch()
    return taken


def resend_lost() -> int:
    """Send waiting jobs again where the broker holds fewer messages than jobs wait.

    The jobs sent longest ago come first; sending one too many is harmless, and the
    broker's queues never grow beyond the number of waiting jobs.
    """
    limited = _limited_with_a_slot()
    wanted = Counter(queue for _, queue in limited)
    wanted.update(dict(_unlimited().values_list("queue").annotate(Count("pk")).order_by()))
    try:
        missing = wanted - Counter(broker.depths(list(wanted)))
    except broker.BROKER_ERRORS:
        logger.warning("the broker is away; %d jobs wait for it", wanted.total())
        return 0
    return sum(_send_again(queue, number, limited) for queue, number in missing.items())


def _send_again(queue: str, number: int, limited: list[tuple[UUID, str]]) -> int:
    lost = [pk for pk, its_queue in limited if its_queue == queue]
    lost += _unlimited().filter(queue=queue).values_list("pk", flat=True)[:number]
    sent = 0
    for start in range(0, min(number, len(lost)), SEND_AT_ONCE):
        some = lost[start : min(start + SEND_AT_ONCE, number)]
        Job.objects.filter(pk__in=some).update(sent_at=timezone.now())
        sent += broker.send_many((pk, queue) for pk in some)
    return sent


def _overdue() -> QuerySet[Job]:
    """Select the queued jobs that a worker could take and whose message is not fresh."""
    now = timezone.now()
    # A time in the future is a clock that was put back: no message is on its way.
    is_fresh = Q(sent_at__gte=now - ON_ITS_WAY, sent_at__lte=now + ON_ITS_WAY)
    return (
        Job.objects.filter(claimable())
        .exclude(is_fresh)
        .order_by(F("sent_at").asc(nulls_first=True), "created_at")
    )


def _limits() -> dict[str, int]:
    limits = {name: kind.active_limit() for name, kind in known_kinds().items()}
    return {name: limit for name, limit in limits.items() if limit}


def _unlimited() -> QuerySet[Job]:
    """Select overdue jobs that wait for a worker alone, not for a slot of their owner's."""
    return _overdue().exclude(kind__in=_limits(), owner__isnull=False)


def _limited_with_a_slot() -> list[tuple[UUID, str]]:
    """Return `(id, queue)` of overdue jobs, for each owner no more than have a slot."""
    found: list[tuple[UUID, str]] = []
    for kind, limit in _limits().items():
        mine = Job.objects.filter(kind=kind, owner__isnull=False)
        at_work = Counter(mine.filter(running()).values_list("owner", flat=True))
        place = Window(RowNumber(), partition_by="owner", order_by=["created_at", "pk"])
        first = _overdue().filter(kind=kind, owner__isnull=False).annotate(place=place)
        rows = first.filter(place__lte=limit).values_list("pk", "queue", "owner", "place")
        found += [(pk, queue) for pk, queue, owner, nth in rows if nth <= limit - at_work[owner]]
    return found


def prune() -> int:
    """Remove finished jobs older than `JOB_KEEP_DAYS` to which no other row points."""
    sweep_scratch()
    if not settings.JOB_KEEP_DAYS:
        return 0
    removed = 0
    while some := list(_prunable().values_list("pk", flat=True)[:PRUNE_AT_ONCE]):
        Job.objects.filter(pk__in=some).delete()
        removed += len(some)
    return removed


def _prunable() -> QuerySet[Job]:
    before = timezone.now() - timedelta(days=settings.JOB_KEEP_DAYS)
    old = Job.objects.filter(status__in=FINISHED, finished_at__lt=before)
    for relation in Job._meta.get_fields(include_hidden=True):
        model = relation.related_model
        if relation.auto_created and isinstance(model, type) and not _is_part_of_a_job(model):
            column = relation.field.name  # type: ignore[union-attr]
            old = old.exclude(Exists(model._default_manager.filter(**{column: OuterRef("pk")})))
    return old


def _is_part_of_a_job(model: type) -> bool:
    """Return whether rows of this table go with their job, and keep none."""
    return model is JobAttempt or getattr(model, "is_part_of_its_job", False)


def sweep_scratch() -> None:
    """Remove folders of attempts that hold no lease any more: a killed worker left them."""
    # Listed first, looked up afterwards: a folder is made after its attempt has its lease,
    # so one that begins meanwhile is either not listed or found to run.
    folders = list(Path(settings.SCRATCH_ROOT).iterdir())
    leased = Job.objects.filter(running()).values_list("pk", "attempt")
    alive = {f"{pk}.{attempt}" for pk, attempt in leased}
    for folder in folders:
        if folder.name not in alive:
            shutil.rmtree(folder, ignore_errors=True)
