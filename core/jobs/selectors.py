"""Reading jobs."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
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
        jobs = jobs.filter(kind=kind)
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


def log_of(job: Job) -> str:
    """Return the last lines of the programs of the job's newest attempt."""
    newest = job.attempts.order_by("-number").first()
    return newest.log if newest else ""
