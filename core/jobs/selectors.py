"""Reading jobs."""

from uuid import UUID

from django.db.models import QuerySet

from core.accounts.models import User
from core.jobs.models import UNFINISHED, Job


def jobs_of(user: User) -> QuerySet[Job]:
    """Select a user's own jobs, newest first."""
    return Job.objects.filter(owner=user)


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
