"""What can be done with an input, and with which type of it (Media API contract, 2.5)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from media_api.engines.filetypes import FileType


class Action(StrEnum):
    """What can be asked for; each is a stage of the same name."""

    COMPRESS = "compress"
    TRANSCRIBE = "transcribe"
    EXTRACT_AUDIO = "extract_audio"
    SUMMARIZE = "summarize"
    TO_TEXT = "to_text"


ROUTES: Mapping[str, Action] = {
    "compress": Action.COMPRESS,
    "transcribe": Action.TRANSCRIBE,
    "extract_audio": Action.EXTRACT_AUDIO,
    "summarize": Action.SUMMARIZE,
    "extract_text": Action.TO_TEXT,
}
"""What is done by the requests of each type; those of type `custom` name it themselves."""

_SOUND = frozenset({Action.TRANSCRIBE, Action.EXTRACT_AUDIO, Action.SUMMARIZE})

FITTING: Mapping[FileType, frozenset[Action]] = {
    FileType.VIDEO: _SOUND | {Action.COMPRESS},
    FileType.AUDIO: _SOUND,
    FileType.IMAGE: frozenset({Action.TO_TEXT}),
    FileType.PDF: frozenset({Action.TO_TEXT}),
    FileType.TEXT: frozenset({Action.SUMMARIZE}),
}
"""What can be done with each type of file; nothing with the others."""


def spelt(text: str) -> str:
    """Return an action's own spelling for one with dashes."""
    return text.replace("-", "_")


def fitting(file_type: FileType, actions: Iterable[Action]) -> frozenset[Action]:
    """Return those of the actions that can be done with a type of file."""
    return FITTING.get(file_type, frozenset()) & frozenset(actions)
