"""What speech is turned into, and what every engine that does it must offer.

Times are seconds from the beginning of the sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

NO_WORDS = "No words detected"
AUTO = "auto"
"""The language that an engine is to find out itself."""

_ENDS = ".!?…"


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word. `confidence` is 0.0 to 1.0."""

    start_s: float
    end_s: float
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said in one breath; `words` is empty where an engine tells no times of words."""

    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that was said. `language` is an ISO 639-1 code, `backend` the engine that listened."""

    language: str
    segments: tuple[Segment, ...]
    backend: str
    duration_s: float | None = None

    @property
    def text(self) -> str:
        """One segment a line, each a sentence; `NO_WORDS` where nothing was said."""
        return "\n".join(segment.text for segment in self.segments if segment.text) or NO_WORDS


@dataclass(frozen=True)
class SpeechOptions:
    """What the operator has set up for the engines; each takes what it needs.

    `model` is a size of Whisper, `model_path` a folder of models; the others are for an engine
    behind HTTP. `outbound_allow` are the networks that may be reached beside public addresses.
    """

    model: str = "small"
    model_path: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    http_model: str = ""
    outbound_allow: tuple[str, ...] = ()


class TranscriptionBackend(Protocol):
    """One engine, made with `SpeechOptions`. It loads its model when it first listens."""

    name: str

    def languages(self) -> set[str]:
        """ISO 639-1 codes of what it understands, and `auto` if it needs not be told."""

    def check(self) -> None:
        """Look whether it could work, without loading. Raises: `BackendNotConfigured`."""

    def transcribe(
        self,
        wav_path: Path,
        *,
        language: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Transcript:
        """Listen to a WAV file of 16 kHz, one channel, 16 bits (`sound.decode`).

        `on_progress` hears the fraction done, 0.0 to 1.0, never falling; `should_stop` is asked
        every second or so, and may raise too.

        Raises: `LanguageUnsupported`, `UnreadableAudio`, `TranscriptionFailed`,
        `BackendNotConfigured`, `core.errors.Stopped`.
        """


def sentence(text: str) -> str:
    """The text on one line, its first letter upper case, with a full stop or what is its own."""
    line = " ".join(text.split())
    if not line:
        return ""
    return line[0].upper() + line[1:] + ("" if line[-1] in _ENDS else ".")
