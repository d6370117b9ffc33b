"""Making a job: its row and its message, or the job that was made before."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.accounts.models import User
from core.after_commit import after_commit
from core.errors import InvalidInput
from core.jobs import events
from core.jobs.kinds import JobKind
from core.jobs.lifecycle.sending import save_and_send
from core.jobs.lifecycle.transition import end_with_parent
from core.jobs.models import UNFINISHED, Job, Status
from core.jobs.storable import as_json, storable_json

IDEMPOTENCY_KEEP = timedelta(hours=24)


class IdempotencyConflict(InvalidInput):
    """The key was used for something else."""

    code = "idempotency_conflict"


def enqueue(
    kind: type[JobKind],
    *,
    owner: User | None,
    params: dict[str, Any],
    parent: Job | None = None,
    idempotency_key: str | None = None,
    work_key: str | None = None,
) -> Job:
    """Make a queued job; its message leaves on commit.

    A key of the owner's that was used within 24 h gives the job made then; a
    `work_key` gives the unfinished job that has it. A job whose parent has failed or was
    cancelled meanwhile ends like its parent's other children.
    Raises: `IdempotencyConflict` when the key stands for another kind or other params.
    """
    params = storable_json(as_json(params))
    job = Job(
        pk=uuid.uuid4(),
        owner=owner,
        kind=kind.name,
        queue=kind.queue_of(params),
        params=params,
        parent=parent,
        idempotency_key=idempotency_key,
        work_key=work_key,
        stage_count=max(1, len(kind.stages_of(params))),
        attempts_left=kind.max_attempts,
    )
    # The database itself knows of a `work_key`, of which nearly every one is new.
    if job.idempotency_key is not None and (earlier := _earlier(job)):
        return earlier
    try:
        return _inserted_or_earlier(job)
    except IntegrityError:
        # The job that had the key ended between our two looks, and its key is free now.
        return _inserted_or_earlier(job)


def _inserted_or_earlier(job: Job) -> Job:
    try:
        with transaction.atomic():
            _insert(job)
    except IntegrityError:
        if earlier := _earlier(job):
            return earlier
        raise
    return job


def _insert(job: Job) -> None:
    """Save a new job, and do with it as its parent's state demands."""
    parent = None
    if job.parent_id:
        # A parent that ends at this moment ends before or after us, never beside us.
        parent = Job.objects.select_for_update(no_key=True).get(pk=job.parent_id)
    if parent is None or parent.status == Status.SUCCEEDED:
        save_and_send(job)
        return
    job.save(force_insert=True)
    after_commit(events.announce, job)
    if parent.is_finished:
        end_with_parent(job, parent)
        job.refresh_from_db()


def _earlier(job: Job) -> Job | None:
    """Return the job that the same key made, freeing a key that has grown old."""
    if job.idempotency_key is not None:
        same = Job.objects.filter(owner=job.owner, idempotency_key=job.idempotency_key)
        same.filter(created_at__lt=timezone.now() - IDEMPOTENCY_KEEP).update(idempotency_key=None)
        if earlier := same.first():
            if (earlier.kind, earlier.params) != (job.kind, job.params):
                raise IdempotencyConflict("This key was used for another request.")
            return earlier
    if job.work_key is not None:
        return Job.objects.filter(work_key=job.work_key, status__in=UNFINISHED).first()
    return None
