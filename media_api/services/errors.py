"""Why a request is not taken, each with the answer of the contract's 2.3 and 2.6."""

from typing import ClassVar


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """Not taken: `status` is HTTP's, `detail` for people, `extra` more keys of the body."""

    status: ClassVar[int] = 400
    sentence: ClassVar[str] = ""
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, detail: str = "", **extra: object) -> None:
        super().__init__(detail or self.sentence)
        self.body: dict[str, object] = {"detail": detail or self.sentence, **extra}


class NoSource(Refused):
    """Nothing to work on was given."""

    sentence = "Either a file or a url must be provided"


class SeveralSources(Refused):
    """More than one thing to work on was given."""

    sentence = "Only one of the following: url/file/path should be provided"


class LocalFilesDisabled(Refused):
    """Paths of this server are not accepted here."""

    sentence = "Local files are disabled on this server"


class PathRefused(Refused):
    """The path is not one that may be used; which of the reasons it is, nobody learns."""

    sentence = "This path cannot be used"


class EmptyFile(Refused):
    """A file with a name and without content."""

    sentence = "Uploaded file is empty"


class UnknownUpload(Refused):
    """`uploadId` names no finished upload of the user's."""

    sentence = "There is no finished upload with this uploadId"


class AlreadyQueued(Refused):
    """The same work waits or runs already; `rid` is that request's."""

    status = 409
    sentence = "Already queued"


class KeyUsedOtherwise(Refused):
    """The idempotency key stands for another body; it is told as whatever else is not valid."""

    status = 422
    sentence = "This Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__()
        loc = ["header", "Idempotency-Key"]
        self.body = {"detail": [{"loc": loc, "msg": self.sentence, "type": "value_error"}]}


class TooLarge(Refused):
    """The file is larger than allowed."""

    status = 413
    sentence = "File too large"


class TooManyActive(Refused):
    """As many of the user's, or of the address's, wait or run as may."""

    status = 429
    sentence = "Too many of your requests wait or run already. Try again later"
    retry_after_s = 30


class QueueFull(Refused):
    """As many requests wait as may wait."""

    status = 503
    sentence = "Queue limit has been reached. Try again later"
    retry_after_s = 30


class DiskFull(Refused):
    """There is less room on the disk than the operator wants to keep."""

    status = 503
    sentence = "There is not enough room on the server. Try again later"
    retry_after_s = 300


class NotStored(Refused):
    """The bytes could not be written."""

    status = 500
    sentence = "Could not store the upload"


class NotFound(Refused):
    """No such request, or another's."""

    status = 404
    sentence = "Not Found"


class IsOver(Refused):
    """The request has ended; it cannot be canceled any more."""

    status = 409
    sentence = "The request has ended already"


class InputGone(Refused):
    """The input is not there any more, so nothing can be tried again."""

    status = 410
    sentence = "The input of this request is not kept any more"


class NotRetriable(Refused):
    """Only what ended badly can be tried again."""

    status = 410
    sentence = "Only a request that failed, or failed in part, can be tried again"
