"""What a video does when one of its jobs changes."""

from core.jobs.models import Job


def job_changed(job: Job) -> None:
    """Follow a job, in the transaction that changed it."""
