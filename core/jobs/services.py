"""What people may do with jobs: begin one, cancel it, try it again."""

from uuid import UUID

from rest_framework.exceptions import PermissionDenied, ValidationError

from core.accounts.models import User
from core.jobs import lifecycle, selectors
from core.jobs.kinds import known_kinds
from core.jobs.models import Job
from core.jobs.types import Json


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
    serializer = kind.params_serializer(data=params)
    serializer.is_valid(raise_exception=False)
    if serializer.errors:
        raise ValidationError({"params": serializer.errors})
    return lifecycle.enqueue(
        kind,
        owner=user,
        params=dict(serializer.validated_data),
        idempotency_key=idempotency_key,
    )


def cancel_job(*, user: User, job_id: UUID) -> Job:
    """End a job. Raises: `Job.DoesNotExist`, `NotAllowed`."""
    return lifecycle.cancel(selectors.job_of(user, job_id).pk)


def retry_job(*, user: User, job_id: UUID) -> Job:
    """Queue a failed or cancelled job again. Raises: `Job.DoesNotExist`, `NotAllowed`."""
    return lifecycle.retry(selectors.job_of(user, job_id).pk)
