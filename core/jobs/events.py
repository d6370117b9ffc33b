"""What leaves for the sockets when a job changes."""

from core.jobs.models import Job
from core.jobs.types import job_body
from core.realtime.groups import group_for_job, group_for_jobs_of
from core.realtime.publish import Event, encode, publish


def job_event(job: Job) -> Event:
    """Make the event of a job's present state; a final state is never merged away."""
    frame = {"type": "job", **job_body(job)}
    return Event(
        name="job",
        text=encode(frame),
        topic=f"job:{job.pk}",
        is_final=job.is_finished,
        data={"job_id": str(job.pk), "revision": job.revision, "status": job.status},
    )


def announce(job: Job) -> None:
    """Tell whoever watches the job or its owner's jobs."""
    groups = [group_for_job(job.pk)]
    if job.owner_id:
        groups.append(group_for_jobs_of(job.owner_id))
    publish(groups, job_event(job))
