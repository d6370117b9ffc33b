"""WAV files of 16 kHz, one channel and 16 bits, read piece by piece."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.speech.errors import UnreadableAudio

RATE_HZ = 16_000
_SHAPE = (1, 2, RATE_HZ)
_SENTENCE = "The sound is no WAV file of 16 kHz, one channel and 16 bits, or it is damaged."

Samples = npt.NDArray[np.int16]


class Wav:
    """An open file. Positions are counted in samples."""

    def __init__(self, file: wave.Wave_read) -> None:
        self._file = file
        self.length = file.getnframes()

    @property
    def duration_s(self) -> float:
        """How long it sounds."""
        return self.length / RATE_HZ

    def read(self, start: int, end: int) -> Samples:
        """Return the samples from `start` up to `end`. Raises: `UnreadableAudio` when cut off."""
        try:
            self._file.setpos(start)
            data = self._file.readframes(end - start)
        except (wave.Error, EOFError, OSError) as error:
            raise UnreadableAudio(_SENTENCE) from error
        if len(data) != 2 * (end - start):
            raise UnreadableAudio(_SENTENCE)
        return np.frombuffer(data, dtype="<i2").astype(np.int16, copy=False)


@contextmanager
def opened(path: Path) -> Iterator[Wav]:
    """Open a file for reading. Raises: `UnreadableAudio`."""
    try:
        file = wave.open(str(path), "rb")  # noqa: SIM115 - closed below
    except (wave.Error, EOFError, OSError) as error:
        raise UnreadableAudio(_SENTENCE) from error
    with file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != _SHAPE:
            raise UnreadableAudio(_SENTENCE)
        yield Wav(file)
