"""Whisper inside this process, through faster-whisper and a folder with a converted model.

Nothing is ever downloaded: the operator brings the folder. Long sound goes in pieces, since the
library holds all that it is given in memory, several times over.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.errors import BackendNotConfigured
from core.speech import whisper
from core.speech.base import AUTO, Segment, SpeechOptions, Transcript, Word
from core.speech.chunks import Chunk, Cutting, chunks
from core.speech.errors import TranscriptionFailed, require_language, require_wanted
from core.speech.wav import Samples, opened

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

PIECES = Cutting(longest_s=600.0, earliest_s=480.0, latest_s=590.0)
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_FULL_SCALE = 32768.0


class FasterWhisper:
    """Listens with the model in `model_path`, or in its folder `model` where there are several."""

    name = "faster_whisper"

    def __init__(self, options: SpeechOptions) -> None:
        path = Path(options.model_path) if options.model_path else None
        named = path / options.model if path and options.model else None
        self._folder = named if named and named.is_dir() else path

    def languages(self) -> set[str]:
        """All of Whisper's, or English for a model whose folder ends in `.en`."""
        if self._folder and self._folder.name.endswith(".en"):
            return {AUTO, "en"}
        return set(whisper.LANGUAGES)

    def check(self) -> None:
        """Raises: `BackendNotConfigured` without the package, or a folder that is complete."""
        if find_spec("faster_whisper") is None:
            raise BackendNotConfigured("The faster-whisper package is not installed.")
        if self._folder is None:
            raise BackendNotConfigured("No folder with a Whisper model is configured.")
        # Without its tokenizer the library would fetch one.
        missing = [name for name in _NEEDED if not (self._folder / name).is_file()]
        if missing:
            raise BackendNotConfigured(f"The folder of the Whisper model lacks {missing[0]}.")

    def transcribe(
        self,
        wav_path: Path,
        *,
        language: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Transcript:
        """As `TranscriptionBackend.transcribe`. The first piece tells the language of all."""
        require_language(language, self.languages())
        self.check()
        segments: list[Segment] = []
        with opened(wav_path) as wav:
            require_wanted(should_stop)
            model = _loaded(str(self._folder))
            for chunk in chunks(wav, PIECES):
                language, heard = _begun(model, chunk.samples, language)
                for segment in _heard(heard, chunk):
                    segments.append(segment)
                    on_progress(min(1.0, segment.end_s / wav.duration_s))
                    require_wanted(should_stop)
                on_progress(chunk.end_s / wav.duration_s)
            found = whisper.UNDETERMINED if language == AUTO else language
            return Transcript(found, tuple(segments), self.name, wav.duration_s)


@lru_cache(maxsize=1)
def _loaded(folder: str) -> "WhisperModel":
    """The model, loaded once a process."""
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(folder, local_files_only=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise BackendNotConfigured("The Whisper model does not load.") from error


def _begun(model: "WhisperModel", samples: Samples, language: str) -> tuple[str, Iterator[Any]]:
    """Begin to listen; returns the language, and segments that come as they are heard."""
    sound: npt.NDArray[np.float32] = samples.astype(np.float32) / _FULL_SCALE
    wanted = None if language == AUTO else language
    try:
        segments, info = model.transcribe(sound, language=wanted, word_timestamps=True)
    except (RuntimeError, ValueError) as error:
        raise TranscriptionFailed("The speech engine failed on this sound.") from error
    return str(info.language), iter(segments)


def _heard(segments: Iterator[Any], chunk: Chunk) -> Iterator[Segment]:
    """What the library found in a piece, with times of the whole; it works while we iterate."""
    try:
        for each in segments:
            words = tuple(_word(word, chunk) for word in each.words or () if word.word.strip())
            text = " ".join(each.text.split())
            if text:
                yield Segment(_at(each.start, chunk), _at(each.end, chunk), text, words)
    except (RuntimeError, ValueError) as error:
        raise TranscriptionFailed("The speech engine failed on this sound.") from error


def _word(word: Any, chunk: Chunk) -> Word:
    confidence = min(1.0, max(0.0, float(word.probability)))
    return Word(_at(word.start, chunk), _at(word.end, chunk), word.word.strip(), confidence)


def _at(seconds: float, chunk: Chunk) -> float:
    """A time of the whole; Whisper guesses some that lie behind the end."""
    return min(chunk.start_s + max(0.0, float(seconds)), chunk.end_s)
