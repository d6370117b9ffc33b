"""`question`: asking about the text of an upload."""

from uuid import UUID

from django.conf import settings

from core.accounts.models import User
from core.after_commit import after_commit
from core.api.parsers import is_storable
from core.errors import FieldErrors
from core.jobs import lifecycle
from core.kinds.question import Question
from core.uploads import answering, events
from core.uploads.errors import Conflict, QuestionRequired, Unavailable
from core.uploads.models import Upload
from core.uploads.selectors import upload_of
from core.uploads.services.locking import locked_upload
from core.uploads.status import status_of
from core.uploads.storage import locked_owner

QUESTION_MAX_CHARACTERS = 4000


def ask_question(
    *, owner: User, upload_id: UUID | str | object, question: object, origin: str = ""
) -> Upload:
    """Take a question about a processed upload and queue its answer.

    Raises: `NotFound`, `QuestionRequired`, `FieldErrors`, `Conflict`, and `Unavailable`
    where no engine answers questions.
    """
    upload = upload_of(owner, upload_id)
    text = _checked(question)
    _require_text(upload)
    if settings.CORE_QNA_ENGINE == "off":
        raise Unavailable("No engine that answers questions is set up here.")
    # The owner first, as wherever jobs are made: an account may be going at this moment.
    with locked_owner(owner.pk):
        upload = locked_upload(owner, upload_id)
        _require_text(upload)
        if answering.questions_in(upload) >= answering.MOST_QUESTIONS:
            most = answering.MOST_QUESTIONS
            raise Conflict(f"An upload takes {most} questions, and this one has had them.")
        question_id = answering.add_question(upload, text)
        # Registered before the job's message is: no worker may be faster than this event.
        after_commit(events.publish_changed, "Upload.updated", upload, origin=origin)
        _enqueue(upload, question_id)
    return upload


def _checked(question: object) -> str:
    if question is not None and not isinstance(question, str):
        raise FieldErrors({"question": "Not a valid string."})
    if not question or not question.strip():
        raise QuestionRequired
    if len(question) > QUESTION_MAX_CHARACTERS:
        raise FieldErrors({"question": f"At most {QUESTION_MAX_CHARACTERS:,} characters, please."})
    if not is_storable(question):
        raise FieldErrors({"question": "These characters cannot be kept."})
    return question


def _require_text(upload: Upload) -> None:
    if status_of(upload) != "processed":
        raise Conflict("The upload has no recognised text yet.")


def _enqueue(upload: Upload, question_id: str) -> None:
    lifecycle.enqueue(
        Question,
        owner=upload.owner,
        params={"upload_id": str(upload.pk), "question_id": question_id},
        work_key=f"core.question:{upload.pk}:{question_id}",
    )
