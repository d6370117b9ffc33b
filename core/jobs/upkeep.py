"""What the beat process does for jobs: reap, send again, prune, sweep scratch folders."""

import logging
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

from celery.exceptions import OperationalError as CeleryOperationalError
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.jobs import broker, holder, lifecycle
from core.jobs.models import FINISHED, Job, JobAttempt, Status

logger = logging.getLogger(__name__)

# A message younger than this is on its way; an older one is counted.
ON_ITS_WAY = timedelta(seconds=8)
PRUNE_AT_ONCE = 1000


def reap() -> int:
    """Take jobs whose lease has run out, or whose holder died on this machine."""
    dead = [job for job in Job.objects.filter(status=Status.RUNNING) if _holder_is_dead(job)]
    return sum(lifecycle.reap_holder(job) for job in dead) + lifecycle.reap_stalled()


def _holder_is_dead(job: Job) -> bool:
    return holder.is_known_dead(job.holder)


def resend_lost() -> int:
    """Send waiting jobs again where the broker holds fewer messages than jobs wait.

    The jobs sent longest ago come first; sending one too many is harmless, and the
    broker's queues never grow beyond the number of waiting jobs.
    """
    waiting = list(_overdue().values_list("pk", "queue"))
    missing = Counter(queue for _, queue in waiting)
    try:
        held = broker.depths(list(missing))
    except (OperationalError, CeleryOperationalError, RedisError, OSError):
        logger.warning("the broker is away; %d jobs wait for it", len(waiting))
        return 0
    missing.subtract(held)
    sent = 0
    for job_id, queue in waiting:
        if missing[queue] > 0:
            missing[queue] -= 1
            sent += broker.send(job_id, queue)
    return sent


def _overdue() -> QuerySet[Job]:
    """Select the queued jobs that a worker could take and whose message is not fresh."""
    now = timezone.now()
    return (
        Job.objects.filter(status=Status.QUEUED)
        .filter(Q(parent=None) | Q(parent__status=Status.SUCCEEDED))
        .filter(Q(not_before=None) | Q(not_before__lte=now))
        .filter(Q(sent_at=None) | Q(sent_at__lt=now - ON_ITS_WAY))
        .order_by(F("sent_at").asc(nulls_first=True), "created_at")
    )


def prune() -> int:
    """Remove finished jobs older than `JOB_KEEP_DAYS` to which no other row points."""
    sweep_scratch()
    if not settings.JOB_KEEP_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.JOB_KEEP_DAYS)
    old = Job.objects.filter(status__in=FINISHED, finished_at__lt=before)
    for relation in Job._meta.get_fields(include_hidden=True):
        model = relation.related_model
        if relation.auto_created and isinstance(model, type) and model is not JobAttempt:
            column = relation.field.name  # type: ignore[union-attr]
            old = old.exclude(Exists(model._default_manager.filter(**{column: OuterRef("pk")})))
    ids = list(old.values_list("pk", flat=True)[:PRUNE_AT_ONCE])
    Job.objects.filter(pk__in=ids).delete()
    return len(ids)


def sweep_scratch() -> None:
    """Remove folders of attempts that hold no lease any more: a killed worker left them."""
    running = Job.objects.filter(status=Status.RUNNING).values_list("pk", "attempt")
    alive = {f"{pk}.{attempt}" for pk, attempt in running}
    for folder in Path(settings.SCRATCH_ROOT).iterdir():
        if folder.name not in alive:
            shutil.rmtree(folder, ignore_errors=True)
