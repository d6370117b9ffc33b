"""A job in words, as the page of jobs shows it; `static/js/jobcard.js` has the same words."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from core.accounts.models import User
from core.jobs.kinds import known_kinds
from core.jobs.models import Job, Status
from core.uploads.models import Upload

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
    """One job. `progress` is over all its stages, 0.0 to 1.0; `subject` is the file's name."""

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
    subject: str = ""
    subject_url: str = ""


def kind_titles() -> dict[str, str]:
    """Return what people call each kind of job, by its name."""
    return {name: kind.title or name for name, kind in known_kinds().items()}


def cards_of(user: User, jobs: Iterable[Job]) -> list[JobCard]:
    """Describe a user's jobs; names of files are read in one query."""
    jobs = list(jobs)
    names = _filenames(user, jobs)
    titles = kind_titles()
    return [_card(job, titles, names) for job in jobs]


def _card(job: Job, titles: dict[str, str], names: dict[str, str]) -> JobCard:
    label, tone = LABELS.get(job.status, (job.status, ""))
    progress = _overall(job)
    upload_id = str(_upload_id(job))
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
        subject=names.get(upload_id, ""),
        subject_url=f"{reverse('uploads-page')}#{upload_id}" if upload_id in names else "",
    )


def _overall(job: Job) -> float:
    if job.status == Status.SUCCEEDED:
        return 1.0
    return min(1.0, (job.stage_index + job.progress) / max(1, job.stage_count))


def _stage(job: Job) -> str:
    if job.status != Status.RUNNING:
        return ""
    several = job.stage_count > 1
    words = (
        f"Stage {job.stage_index + 1} of {job.stage_count}: {job.stage}" if several else job.stage
    )
    return f"{words} (attempt {job.attempt})" if job.attempt > 1 else words


def _filenames(user: User, jobs: Iterable[Job]) -> dict[str, str]:
    ids = {upload_id for job in jobs if (upload_id := _upload_id(job))}
    uploads = Upload.objects.filter(owner=user, is_deleted=False, pk__in=ids)
    return {str(pk): name or "a file" for pk, name in uploads.values_list("pk", "filename")}


def _upload_id(job: Job) -> UUID | None:
    """Return the upload that a job is about; params of other kinds may hold anything."""
    try:
        return UUID(str(job.params["upload_id"]))
    except (KeyError, ValueError):
        return None
