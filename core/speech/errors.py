"""What can go wrong when speech is turned into text, by who is at fault.

core.errors.BackendNotConfigured                              the operator has to set it up
core.errors.Stopped                                           the caller wanted no more
core.errors.InvalidInput
├── LanguageUnsupported     "language_unsupported"            the engine does not know it
└── UnreadableAudio         "transcription_failed"            no sound, or none that can be read
core.errors.TemporaryFailure
└── TranscriptionFailed     "transcription_failed"            the engine broke down
"""

from collections.abc import Callable, Iterable

from core.errors import InvalidInput, Stopped, TemporaryFailure


class LanguageUnsupported(InvalidInput):
    """The engine does not understand this language; the message lists those it does."""

    code = "language_unsupported"


class UnreadableAudio(InvalidInput):
    """The file is no WAV file of 16 kHz, one channel and 16 bits, or it is cut off."""

    code = "transcription_failed"


class TranscriptionFailed(TemporaryFailure):
    """The engine broke down on this sound or this time; another attempt may pass."""

    code = "transcription_failed"


def require_language(language: str, known: Iterable[str]) -> None:
    """Raises: `LanguageUnsupported` for a language that is not among those known."""
    known = sorted(known)
    if language not in known:
        raise LanguageUnsupported(
            f"The speech engine does not understand this language. It knows: {', '.join(known)}."
        )


def require_wanted(should_stop: Callable[[], bool]) -> None:
    """Raises: `Stopped` when the caller wants no more."""
    if should_stop():
        raise Stopped
