"""Reading jobs."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from core.accounts.models import User
from core.jobs.models import UNFINISHED, Job, Status


def jobs_of(user: User) -> QuerySet[Job]:
    """Select a user's own jobs, newest first."""
    return Job.objects.filter(owner=user)


def filtered_jobs_of(user: User, query: Mapping[str, str]) -> QuerySet[Job]:
    """Select a user's jobs by the query's `kind` and `status`.

    Raises: `ValidationError` for a state that there is not.
    """
    jobs = jobs_of(user)
    if kind := query.get("kind"):
        # No kind has NUL in its name, and PostgreSQL takes none in a query.
        jobs = jobs.none() if "\0" in kind else jobs.filter(kind=kind)
    if status := query.get("status"):
        if status not in Status.values:
            raise ValidationError({"status": [f"One of {', '.join(Status.values)}, please."]})
        jobs = jobs.filter(status=status)
    return jobs


def job_of(user: User, job_id: UUID) -> Job:
    """Return one of a user's own jobs. Raises: `Job.DoesNotExist`, for another's too."""
    return jobs_of(user).get(pk=job_id)


def unfinished_jobs_of(user: User) -> QuerySet[Job]:
    """Select what a user's job socket shows first, oldest first."""
    return jobs_of(user).filter(status__in=UNFINISHED).order_by("created_at")


def queued() -> Q:
    """Match waiting jobs; the time of their end, which is none, leads the database to its index."""
    return Q(status=Status.QUEUED, finished_at=None)


def running() -> Q:
    """Match jobs at work, likewise."""
    return Q(status=Status.RUNNING, finished_at=None)


def claimable(*, is_outside: bool = False) -> Q:
    """Match jobs that wait for nothing but a worker: due, and their parent has succeeded.

    A holder outside takes those too that workers leave to it, for a while or for good.
    """
    # Conditions on the row itself stay outside any subquery: PostgreSQL looks at them
    # again after it has waited for another claim, at a subquery's it does not.
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    is_theirs = Q() if is_outside else due & ~Q(queue="")
    parent_succeeded = Exists(Job.objects.filter(pk=OuterRef("parent"), status=Status.SUCCEEDED))
    return queued() & is_theirs & (Q(parent=None) | Q(parent_succeeded))


def log_of(job: Job) -> str:
    """Return the last lines of the programs of the job's newest attempt."""
    newest = job.attempts.order_by("-number").first()
    return newest.log if newest else ""
