"""A job in words, as the page of jobs shows it; `static/js/jobcard.js` has the same words."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.accounts.models import User
from core.jobs.kinds import known_kinds
from core.jobs.models import Job, Status
from core.pages.subjects import NOTHING, Subject, subjects_of

# status: its word, and the tone of its colour
LABELS: dict[str, tuple[str, str]] = {
    Status.QUEUED: ("Waiting", "wait"),
    Status.RUNNING: ("Running", "busy"),
    Status.SUCCEEDED: ("Done", "good"),
    Status.FAILED: ("Failed", "bad"),
    Status.CANCELLED: ("Cancelled", ""),
}


@dataclass(frozen=True)
class JobCard:
    """One job. `progress` is over all its stages, 0.0 to 1.0."""

    id: str = ""
    revision: int = 0
    title: str = ""
    status: str = Status.QUEUED
    status_label: str = ""
    tone: str = ""
    stage: str = ""
    progress: float = 0.0
    percent: str = ""
    error: str = ""
    created_at: str = ""
    subject: Subject = NOTHING


def kind_titles() -> dict[str, str]:
    """Return what people call each kind of job, by its name."""
    return {name: kind.title or name for name, kind in known_kinds().items()}


def cards_of(user: User, jobs: Iterable[Job]) -> list[JobCard]:
    """Describe a user's jobs."""
    jobs = list(jobs)
    subjects = subjects_of(user, jobs)
    titles = kind_titles()
    return [_card(job, titles, subjects.get(job.pk, NOTHING)) for job in jobs]


def _card(job: Job, titles: dict[str, str], subject: Subject) -> JobCard:
    label, tone = LABELS.get(job.status, (job.status, ""))
    progress = _overall(job)
    return JobCard(
        id=str(job.pk),
        revision=job.revision,
        title=titles.get(job.kind, job.kind),
        status=job.status,
        status_label=label,
        tone=tone,
        stage=_stage(job),
        progress=progress,
        percent=f"{progress:.0%}".replace("%", " %") if job.status == Status.RUNNING else "",
        error=job.error_message if job.status == Status.FAILED else "",
        created_at=job.created_at.isoformat(),
        subject=subject,
    )


def _overall(job: Job) -> float:
    if job.status == Status.SUCCEEDED:
        return 1.0
    return min(1.0, (job.stage_index + job.progress) / max(1, job.stage_count))


def _stage(job: Job) -> str:
    """Say where a job is; of one with several stages also, where it came to its bad end."""
    several = job.stage_count > 1
    ended_badly = job.status in (Status.FAILED, Status.CANCELLED)
    if not job.stage or not (job.status == Status.RUNNING or (ended_badly and several)):
        return ""
    words = (
        f"Stage {job.stage_index + 1} of {job.stage_count}: {job.stage}" if several else job.stage
    )
    return f"{words} (attempt {job.attempt})" if job.attempt > 1 else words
