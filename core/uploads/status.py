"""What an upload shows of its job: status, run, progress, error (core contract, 4.2 and 5.9).

The job's row is the truth; everything here is a view over it, computed in this one place.

    no job ............................ uploaded (processed, should its job be gone for good)
    queued ............................ pending
    running ........................... processing
    succeeded ......................... processed
    failed, cancelled ................. `status_before` where a text stands, else error
"""

from dataclasses import dataclass
from typing import Literal, get_args

from django.db.models import Q

from core.jobs.models import UNFINISHED, Job, Status
from core.uploads.models import Upload

UploadStatus = Literal["uploaded", "pending", "processing", "processed", "error"]
STATUSES: tuple[UploadStatus, ...] = get_args(UploadStatus)

_OF_JOB: dict[str, UploadStatus] = {
    Status.QUEUED: "pending",
    Status.RUNNING: "processing",
    Status.SUCCEEDED: "processed",
}
_ENDED_BADLY = (Status.FAILED, Status.CANCELLED)
# The kernel's own codes in the words of the core contract, 5.9.
_CODES = {
    "crashed": "internal",
    "stalled": "timeout",
    "memory": "engine_failed",
    "program_failed": "engine_failed",
    "program_missing": "engine_missing",
    "not_started": "engine_failed",
    "temporary_failure": "engine_failed",
}
_CONTRACT_CODES = {
    *("cancelled", "timeout", "unreadable_image", "unsupported_media", "too_many_pages"),
    *("too_many_pixels", "language_missing", "engine_missing", "engine_failed", "engine_http"),
    *("worker_lost", "internal"),
}


@dataclass(frozen=True)
class RunError:
    """Why a run ended badly: `code` for programs, `message` for people."""

    code: str
    message: str


def status_of(upload: Upload) -> UploadStatus:
    """Return what an upload is at. Reads `upload.job`: select it together with the upload."""
    if upload.job is None:
        return "processed" if upload.processed_at else "uploaded"
    if upload.job.status in _ENDED_BADLY:
        return "processed" if upload.status_before == "processed" else "error"
    return _OF_JOB[upload.job.status]


def status_q(statuses: list[UploadStatus]) -> Q:
    """Return the condition that matches uploads in any of the statuses."""
    matched = Q(pk__in=[])
    for status in statuses:
        matched |= _CONDITIONS[status]
    return matched


_KEPT = Q(job__status__in=_ENDED_BADLY, status_before="processed")
_CONDITIONS: dict[UploadStatus, Q] = {
    "uploaded": Q(job=None, processed_at=None),
    "pending": Q(job__status=Status.QUEUED),
    "processing": Q(job__status=Status.RUNNING),
    "processed": Q(job__status=Status.SUCCEEDED) | Q(job=None, processed_at__isnull=False) | _KEPT,
    "error": Q(job__status__in=_ENDED_BADLY) & ~Q(status_before="processed"),
}


def is_busy(upload: Upload) -> bool:
    """Return whether a run is under way or waits."""
    return upload.job is not None and upload.job.status in UNFINISHED


def run_of(upload: Upload) -> int:
    """Return the number of the run under way, to come or last ended; 0 while none was asked."""
    if upload.job is None:
        return upload.runs_before
    is_to_come = upload.job.status == Status.QUEUED
    return upload.runs_before + upload.job.attempt + is_to_come


def progress_of(upload: Upload) -> float:
    """Return how far the upload is, 0.0 to 1.0; 1.0 only when it is processed."""
    if status_of(upload) == "processed":
        return 1.0
    return upload.job.progress if upload.job else 0.0


def error_of(upload: Upload) -> RunError | None:
    """Return why the upload is in status `error`; None in any other."""
    if upload.job is None or status_of(upload) != "error":
        return None
    return run_error(upload.job)


def run_error(job: Job) -> RunError:
    """Return why a failed or cancelled job ended, in the contract's codes."""
    if job.status == Status.CANCELLED:
        return RunError("cancelled", "The recognition was cancelled.")
    code = _CODES.get(job.error_code, job.error_code)
    return RunError(code if code in _CONTRACT_CODES else "internal", job.error_message)
