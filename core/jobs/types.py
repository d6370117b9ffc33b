"""The shapes of a job on the wire (platform contract, sections 4 and 5)."""

from typing import Any, TypedDict

from core.jobs.models import Job

Json = dict[str, Any]


class JobErrorBody(TypedDict):
    """Why a job failed: `code` for programs, `message` for people."""

    code: str
    message: str


class JobBody(TypedDict):
    """A job as REST and sockets show it. Times are ISO 8601, progress is 0.0 to 1.0."""

    id: str
    kind: str
    status: str
    stage: str
    stage_index: int
    stage_count: int
    progress: float
    attempt: int
    error: JobErrorBody | None
    params: Json
    result: Json | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    revision: int


def job_body(job: Job) -> JobBody:
    """Show a job: the one place where a row becomes its public form."""
    error: JobErrorBody = {"code": job.error_code, "message": job.error_message}
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "status": job.status,
        "stage": job.stage,
        "stage_index": job.stage_index,
        "stage_count": job.stage_count,
        "progress": job.progress,
        "attempt": job.attempt,
        "error": error if job.error_code else None,
        "params": job.params,
        "result": job.result,
        "created_at": job.created_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "revision": job.revision,
    }
