"""The questions about an upload: its history, and what the job of a question does to it.

The history is a list on the upload's row, changed only while that row is locked, so that
questions asked at once never overwrite each other (core contract, 2.4):

    {"role": "user", "content", "id", "at"}                 and, where no answer came,
                                                            "error", "error_code"
    {"role": "assistant", "content", "in_reply_to", "at"}

`job_changed` runs inside the transaction of every change of a `core.question` job; the frames
leave when it commits. The upload's own status never changes by it.
"""

from typing import Any

from django.utils import timezone

from core.after_commit import after_commit
from core.jobs.models import Job, Status
from core.jobs.storable import storable_text
from core.jobs.types import Json
from core.uploads import events
from core.uploads.models import Upload
from core.uploads.serializers import iso
from core.uploads.status import RunError, run_error

MOST_QUESTIONS = 200


def question_of(upload: Upload, question_id: str) -> Json | None:
    """Return a question of the history."""
    return next((entry for entry in upload.followup_qa if entry.get("id") == question_id), None)


def answer_of(upload: Upload, question_id: str) -> Json | None:
    """Return the answer to a question, if there is one."""
    replies = (entry for entry in upload.followup_qa if entry.get("in_reply_to") == question_id)
    return next(replies, None)


def questions_in(upload: Upload) -> int:
    """Count the questions of the history."""
    return sum(entry.get("role") == "user" for entry in upload.followup_qa)


def add_question(upload: Upload, question: str) -> str:
    """Append a question to a locked upload and return its id."""
    question_id = f"q{questions_in(upload) + 1}"
    entry = {"role": "user", "content": question, "id": question_id, "at": iso(timezone.now())}
    _save(upload, [*upload.followup_qa, entry])
    return question_id


def write_answer(job: Job, answer: str) -> None:
    """Append an answer, in the transaction that ends its job well."""
    upload = _locked(job)
    question_id = job.params["question_id"]
    if upload is None or answer_of(upload, question_id) is not None:
        return
    entry = {
        "role": "assistant",
        "content": storable_text(answer, len(answer)),
        "in_reply_to": question_id,
        "at": iso(timezone.now()),
    }
    _save(upload, [*upload.followup_qa, entry])


def job_changed(job: Job) -> None:
    """Show on the upload what became of a question."""
    if job.status == Status.RUNNING:
        return  # The answer as it grows is told by whoever makes it.
    upload = _locked(job)
    question = question_of(upload, job.params["question_id"]) if upload else None
    if upload is None or question is None:
        return
    error = _error_of(job)
    if _set_error(question, error):
        _save(upload, upload.followup_qa)
    if job.status != Status.QUEUED:
        frame = _end_frame(upload, question, error)
        after_commit(events.publish_question_end, upload, frame, job)
    after_commit(events.publish_changed, "Upload.updated", upload)


def tell_partial(job: Job, upload: Upload, question: Json, answer: str) -> None:
    """Tell whoever watches the upload how much of an answer there is."""
    frame = {**_frame(upload, "answering", question["content"]), "streamed_answer": answer}
    events.publish_answering(upload, frame, job)


def _end_frame(upload: Upload, question: Json, error: RunError | None) -> Json:
    if error is None:
        answer = answer_of(upload, question["id"]) or {}
        frame = _frame(upload, "answered", question["content"])
        return {**frame, "answer": answer.get("content", "")}
    frame = _frame(upload, "error", question["content"])
    return {**frame, "error": error.message, "error_code": error.code}


def _frame(upload: Upload, status: str, question: str) -> Json:
    upload_id = str(upload.pk)
    return {
        "type": "Upload.status",
        "id": upload_id,
        "instance_id": upload_id,
        "status": status,
        "question": question,
    }


def _error_of(job: Job) -> RunError | None:
    if job.status == Status.CANCELLED:
        return RunError("cancelled", "The question was cancelled.")
    return run_error(job) if job.status == Status.FAILED else None


def _set_error(question: Json, error: RunError | None) -> bool:
    """Note why there is no answer, or that there may be one again; return whether that is new."""
    before = question.get("error_code")
    for name in ("error", "error_code"):
        question.pop(name, None)
    if error is not None:
        question.update(error=error.message, error_code=error.code)
    return before != question.get("error_code")


def _locked(job: Job) -> Upload | None:
    """Return the upload of a question, locked until the transaction ends; None once deleted."""
    found = Upload.objects.select_for_update(of=("self",)).defer("pages")
    return found.filter(pk=job.params["upload_id"], is_deleted=False).first()


def _save(upload: Upload, history: list[Any]) -> None:
    upload.followup_qa, upload.updated_at = history, timezone.now()
    upload.save(update_fields=["followup_qa", "updated_at"])
