"""What an input or a stage can fail with, by the codes of the contract (Media API, 4.2).

JobError
├── UnsupportedFileType (InvalidInput)   "unsupported_file_type"
├── NoAudioStream (InvalidInput)         "no_audio_stream"
├── LanguageUnsupported (InvalidInput)   "language_unsupported"
└── OcrFailed                            "ocr_failed"
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from core.errors import InvalidInput, JobError


class UnsupportedFileType(InvalidInput):
    """Nothing that was asked for can be done with a file of this type."""

    code = "unsupported_file_type"
    sentence = "This type of file cannot be used for that."


class NoAudioStream(InvalidInput):
    """There is nothing to hear."""

    code = "no_audio_stream"
    sentence = "The file has no audio."


class LanguageUnsupported(InvalidInput):
    """The engine has no data for a language."""

    code = "language_unsupported"


class OcrFailed(JobError):
    """The engine did not read a page."""

    code = "ocr_failed"
    sentence = "The text could not be read."
