"""What people may do with jobs: begin one, cancel it, try it again."""

import json
from uuid import UUID

from rest_framework.exceptions import PermissionDenied, ValidationError

from core.accounts.models import User
from core.jobs import lifecycle, selectors
from core.jobs.kinds import JobKind, known_kinds
from core.jobs.models import Job
from core.jobs.storable import as_json, storable_json
from core.jobs.types import Json

MAX_PARAMS_BYTES = 64 * 1024


def start_job(
    *, user: User, kind_name: str, params: Json, idempotency_key: str | None = None
) -> Job:
    """Begin a job of a kind that may be started directly.

    Raises: `ValidationError` for an unknown kind or bad params, `PermissionDenied` for a
    kind that this user or this door may not start, `IdempotencyConflict`.
    """
    kind = known_kinds().get(kind_name)
    if kind is None:
        raise ValidationError({"kind": ["There is no such kind of job."]})
    if not kind.is_startable:
        raise PermissionDenied("This kind of job is not started here.")
    if kind.is_staff_only and not user.is_staff:
        raise PermissionDenied("Only staff may start this kind of job.")
    return lifecycle.enqueue(
        kind,
        owner=user,
        params=checked_params(kind, params),
        idempotency_key=idempotency_key,
    )


def checked_params(kind: type[JobKind], params: Json) -> Json:
    """Return what the kind's serializer makes of the params, as plain JSON.

    Raises: `ValidationError` for what it refuses, what no database keeps (NUL, half a
    character, NaN) and what is larger than `MAX_PARAMS_BYTES`.
    """
    serializer = kind.params_serializer(data=params)
    if not serializer.is_valid():
        raise ValidationError({"params": serializer.errors})
    try:
        checked: Json = as_json(serializer.validated_data)
        is_storable = storable_json(checked) == checked
    except (ValueError, TypeError, RecursionError):
        is_storable = False
    if not is_storable:
        raise ValidationError({"params": ["These values cannot be kept."]})
    if len(json.dumps(checked)) > MAX_PARAMS_BYTES:
        raise ValidationError({"params": [f"At most {MAX_PARAMS_BYTES} bytes, please."]})
    return checked


def cancel_job(*, user: User, job_id: UUID) -> Job:
    """End a job. Raises: `Job.DoesNotExist`, `NotAllowed`."""
    return lifecycle.cancel(selectors.job_of(user, job_id).pk)


def retry_job(*, user: User, job_id: UUID) -> Job:
    """Queue a failed or cancelled job again. Raises: `Job.DoesNotExist`, `NotAllowed`."""
    return lifecycle.retry(selectors.job_of(user, job_id).pk)
