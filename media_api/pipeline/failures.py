"""What a client is told of a failure: the contract's codes (4.2) and a sentence without paths."""

import errno
import logging

from core.errors import JobError
from core.media.errors import (
    NotAvailable,
    OutputTooLarge,
    ProgramFailed,
    ProgramStalled,
    ProgramTimeout,
)
from media_api.progress import CODES, ErrorBody

logger = logging.getLogger(__name__)

# What a stage is said to have met when its engine fails without a word of the contract's.
OF_STAGE = {
    "compress": "ffmpeg_failed",
    "extract_audio": "ffmpeg_failed",
    "transcribe": "transcription_failed",
    "summarize": "summary_failed",
    "to_text": "ocr_failed",
}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# The same two in the words of programs (strerror in the C locale).
_SAID_NO_ROOM = ("No space left on device", "Disk quota exceeded")


def error_body(stage: str, number: int, error: Exception) -> ErrorBody:
    """Say what a client may know of a stage's failure; what nobody expected is logged."""
    code, message = said_of(error, OF_STAGE.get(stage, "internal"))
    if code == "internal":
        logger.error("stage %s failed", stage, exc_info=error)
    return {"code": code, "message": message, "stage": number}


def said_of(error: Exception, default_code: str) -> tuple[str, str]:
    """Return code and sentence of an error; `default_code` is for words of an engine's own."""
    if isinstance(error, ProgramTimeout | ProgramStalled):
        return "timeout", str(error)
    if isinstance(error, NotAvailable):
        return "source_not_found", "The input cannot be read."
    if isinstance(error, OutputTooLarge):
        return "disk_full", "What is made of the input needs more room than the disk can spare."
    if _is_no_room(error):
        return "disk_full", "There is no room left on the disk."
    if isinstance(error, JobError):
        return (error.code if error.code in CODES else default_code), str(error)
    return "internal", "Something went wrong on the server."


def _is_no_room(error: Exception) -> bool:
    if isinstance(error, ProgramFailed):
        return any(words in line for line in error.tail for words in _SAID_NO_ROOM)
    return isinstance(error, OSError) and error.errno in _NO_ROOM
