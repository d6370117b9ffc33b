"""What reading a document may refuse, by who is at fault.

OcrInputError (InvalidInput)          never tried again
├── TooManyPages                      above the limit of the options
├── UnknownLanguage                   a hint names no installed language
└── LanguageMissing, EngineMissing    this machine has no data, no engine
OcrEngineFailed (TemporaryFailure)    the engine broke down; another attempt may pass
└── OcrTimeout                        the engine did not answer in time

Content of a wrong type, damaged or too large raises UnsupportedMedia, UnreadableImage and
TooManyPixels of `core.media.errors`.
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from core.errors import InvalidInput, TemporaryFailure


class OcrInputError(InvalidInput):
    """The document or the options cannot be worked on."""


class TooManyPages(OcrInputError):
    """The document has more pages than allowed."""

    code = "too_many_pages"


class LanguageMissing(OcrInputError):
    """Language data that is needed is not installed."""

    code = "language_missing"


class UnknownLanguage(LanguageMissing):
    """A language hint names nothing that is installed; the message names what is."""


class EngineMissing(OcrInputError):
    """The asked-for engine is not installed."""

    code = "engine_missing"


class OcrEngineFailed(TemporaryFailure):
    """The engine broke down on this input or this time."""

    code = "engine_failed"


class OcrTimeout(OcrEngineFailed):
    """A call of the engine ran past its time."""

    code = "timeout"
