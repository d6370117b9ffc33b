"""`question`: asking about the text of an upload."""

from uuid import UUID

from core.accounts.models import User
from core.errors import FieldErrors
from core.uploads.errors import Conflict, QuestionRequired, Unavailable
from core.uploads.models import Upload
from core.uploads.selectors import upload_of
from core.uploads.status import status_of

QUESTION_MAX_CHARACTERS = 4000


def ask_question(
    *, owner: User, upload_id: UUID | str | object, question: object, origin: str = ""
) -> Upload:
    """Take a question about a processed upload.

    Raises: `NotFound`, `QuestionRequired`, `FieldErrors`, `Conflict`, and `Unavailable`
    where no engine answers questions.
    """
    del origin  # Nothing is announced while nothing can be answered.
    upload = upload_of(owner, upload_id)
    if question is not None and not isinstance(question, str):
        raise FieldErrors({"question": "Not a valid string."})
    if not question or not question.strip():
        raise QuestionRequired
    if len(question) > QUESTION_MAX_CHARACTERS:
        raise FieldErrors({"question": f"At most {QUESTION_MAX_CHARACTERS:,} characters, please."})
    if status_of(upload) != "processed":
        raise Conflict("The upload has no recognised text yet.")
    raise Unavailable("No engine that answers questions is set up here.")
