"""How far a request is, as clients are told: a view over its job (Media API contract, 2.6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from django.utils import timezone

from core.jobs.models import Job, Status
from media_api.models import MediaRequest
from media_api.seen import JobSeen, RequestSeen
from media_api.states import State, state_of

UNKNOWN = -1
# The contract's (4.2); what else may end a job is none of a client's business.
CODES = frozenset({
    "unsupported_file_type", "source_not_found", "source_forbidden", "source_too_large",
    "no_audio_stream", "ffmpeg_failed", "transcription_failed", "language_unsupported",
    "summary_failed", "backend_not_configured", "ocr_failed", "canceled_by_user", "timeout",
    "worker_lost", "disk_full", "internal",
})  # fmt: skip


class ErrorBody(TypedDict):
    """Why a request, or one of its stages, failed; `stage` counts from 1, 0 is before them."""

    code: str
    message: str
    stage: int


@dataclass(frozen=True)
class Progress:
    """What a client may know of a request that is there; `pct` is the current stage's."""

    rid: str
    state: State
    cur_stage: int
    total_stages: int
    elapsed_s: int
    pct: int
    error: ErrorBody | None
    revision: int

    def body(self) -> dict[str, Any]:
        """Return the answer of the status routes."""
        body = {
            "rid": self.rid,
            "curStage": self.cur_stage,
            "totalStages": self.total_stages,
            "elapsedTime": self.elapsed_s,
            "status": int(self.state),
            "pct": self.pct,
        }
        return body if self.error is None else {**body, "error": self.error}


def gone_body(rid: str) -> dict[str, Any]:
    """Return the answer for a request that is deleted, unknown, or another's."""
    return {"rid": rid, "status": int(State.DELETED)}


def progress_of(request: MediaRequest | RequestSeen) -> Progress:
    """Return how far a request is; its job has to be loaded with it."""
    job, state = request.job, state_of(request.job)
    total = len(request.stages) or UNKNOWN
    cur_stage, pct = stage_of(job, state)
    if state in (State.FINISHED, State.DONE_PARTIALLY):
        cur_stage, pct = total, 100
    return Progress(
        rid=request.rid,
        state=state,
        cur_stage=cur_stage,
        total_stages=total if state != State.QUEUED else UNKNOWN,
        elapsed_s=elapsed_s(job),
        pct=pct,
        error=error_of(job),
        revision=job.revision,
    )


def stage_of(job: Job | JobSeen, state: State) -> tuple[int, int]:
    """Return the current stage, from 1, and its per cent; 0 is before the first stage."""
    if state == State.QUEUED or job.started_at is None:
        return UNKNOWN, 0
    if not job.stage:
        return 0, 0
    # Cut, but not below what it was made of: 0.29 * 100 is a little less than 29.
    return job.stage_index + 1, int(job.progress * 100 + 1e-6)


def elapsed_s(job: Job | JobSeen, now: datetime | None = None) -> int:
    """Return whole seconds from the start of the work to its end, or until now."""
    if job.started_at is None or job.status == Status.QUEUED:
        return 0
    end = job.finished_at or now or timezone.now()
    return max(0, int((end - job.started_at).total_seconds()))


def error_of(job: Job | JobSeen) -> ErrorBody | None:
    """Return what went wrong; None while nothing did."""
    said: ErrorBody | None = (job.result or {}).get("error")
    if said is not None or job.status == Status.SUCCEEDED:
        return said
    # The stage of an attempt before stays in the row while the job waits for its next.
    stage = job.stage_index + 1 if job.stage and job.started_at else 0
    if job.status == Status.CANCELLED:
        return {"code": "canceled_by_user", "message": "The request was canceled.", "stage": stage}
    if job.status == Status.FAILED:
        code = job.error_code if job.error_code in CODES else "internal"
        return {"code": code, "message": job.error_message, "stage": stage}
    return None
