"""What the job of an upload does to it: the text it brings, the frames it causes.

`job_changed` runs inside the transaction of every change of a `core.ocr` job; frames leave
when it commits. A job that is no longer its upload's newest, or whose upload is deleted,
changes nothing and shows nothing.
"""

from contextlib import suppress
from uuid import UUID

from django.utils import timezone

from core.after_commit import after_commit
from core.jobs.models import Job, JobAttempt, Status
from core.jobs.types import Json
from core.ocr.engines.base import Outcome
from core.ocr.engines.text import to_processed
from core.uploads import events, stream
from core.uploads.models import OutputFormat, Upload
from core.uploads.status import run_of

SEARCH_GAP = "\x1f"


def params_of(upload: Upload) -> Json:
    """Return what the job of an upload is told."""
    return {
        "upload_id": str(upload.pk),
        "auto_language_detection": upload.auto_language_detection,
        "language_hint": upload.language_hint,
        "output_format": upload.output_format,
        "ocr_mode": upload.ocr_mode,
    }


def write_outcome(job: Job, outcome: Outcome) -> None:
    """Write what a run has read, in the transaction that ends it well."""
    upload = Upload.objects.filter(pk=job.params["upload_id"], job=job, is_deleted=False).first()
    if upload is None:
        return
    upload.raw_text = outcome.raw_text
    upload.processed_text = laid_out(outcome.raw_text, upload.output_format)
    upload.search_text = search_text(upload)
    upload.confidence = outcome.confidence
    upload.detected_language = outcome.detected_language
    upload.engine = outcome.engine
    upload.page_count = outcome.page_count
    upload.pages = outcome.pages
    upload.processed_at = timezone.now()
    upload.save(
        update_fields=[
            *("raw_text", "processed_text", "search_text", "confidence", "detected_language"),
            *("engine", "page_count", "pages", "processed_at"),
        ]
    )


def laid_out(raw_text: str, output_format: str) -> str:
    """Return recognised markdown as the plain text that a format asks for."""
    return to_processed(raw_text, "paragraph" if output_format == OutputFormat.PARAGRAPH else "raw")


def search_text(upload: Upload) -> str:
    """Return what `search` looks in: both texts, in one letter case."""
    return f"{upload.raw_text or ''}{SEARCH_GAP}{upload.processed_text or ''}".casefold()


def job_changed(job: Job) -> None:
    """Show a change of a job on its upload."""
    if job.status == Status.RUNNING and job.stage:
        return  # A report of progress: the stream itself tells it.
    upload = Upload.objects.filter(pk=job.params["upload_id"]).select_related("owner").first()
    if upload is None or (upload.job_id != job.pk and not _takes_over(upload, job)):
        return
    upload.job = job
    has_begun = job.status != Status.CANCELLED or _was_running(job)
    if not has_begun:
        # It ends the run that was to come, whose number has been shown already.
        upload.runs_before += 1
    upload.updated_at = timezone.now()
    Upload.objects.filter(pk=upload.pk).update(
        job=job, runs_before=upload.runs_before, updated_at=upload.updated_at
    )
    _announce(upload, job, has_begun=has_begun)


def _takes_over(upload: Upload, job: Job) -> bool:
    """Make an older job the upload's newest when it is tried again; runs go on counting."""
    if job.status != Status.QUEUED or upload.is_deleted:
        return False
    upload.runs_before = run_of(upload) - job.attempt
    upload.status_before = "processed" if upload.processed_at else ""
    upload.save(update_fields=["status_before"])
    return True


def _was_running(job: Job) -> bool:
    """Return whether a cancelled job was under way: its attempt then ended by the cancel."""
    return JobAttempt.objects.filter(job=job, number=job.attempt, outcome=Status.CANCELLED).exists()


def _announce(upload: Upload, job: Job, *, has_begun: bool) -> None:
    run = run_of(upload)
    if job.status == Status.QUEUED:
        # The attempt before may still have a writer somewhere.
        after_commit(stream.end, upload.pk, run - 1)
        if not upload.is_deleted:
            after_commit(events.publish_changed, "Upload.updated", upload)
    elif job.status == Status.RUNNING:
        after_commit(_begin, upload.pk, upload.owner_id, run)
    else:
        after_commit(_end, upload, job, run, has_begun)


def _begin(upload_id: UUID, owner_id: UUID, run: int) -> None:
    # It may have been cancelled in this very moment: then its end has been told.
    with suppress(stream.StreamEnded):
        stream.StreamWriter(upload_id, owner_id, run).begin()


def _end(upload: Upload, job: Job, run: int, has_begun: bool) -> None:
    """Close the run's stream for every writer, then tell its end."""
    seq = stream.end(upload.pk, run, has_begun=has_begun)
    if upload.is_deleted:
        return
    events.publish_ended(upload, events.terminal_frame(upload, job, seq=seq))
    events.publish_changed("Upload.updated", upload)
