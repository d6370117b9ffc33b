"""Sound cut where it is quiet, so that an engine hears whole phrases (Media API contract, 7.2).

A detector of pauses finds none in fluent speech, so the quietest 200 ms of a stretch are looked
for. One stretch is in memory at a time, however long the sound is.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.speech.base import Word
from core.speech.wav import RATE_HZ, Samples, Wav

PAUSE_S = 0.35
"""Words so far apart belong to two sentences."""

_STEP = RATE_HZ // 100
_QUIET_STEPS = 20


class Cutting(NamedTuple):
    """While more than `longest_s` remain, cut between two seconds of the rest."""

    longest_s: float = 20.0
    earliest_s: float = 3.0
    latest_s: float = 12.0


FOR_PHRASES = Cutting()


class Chunk(NamedTuple):
    """A piece of the sound."""

    start_s: float
    end_s: float
    samples: Samples


def chunks(wav: Wav, cutting: Cutting = FOR_PHRASES) -> Iterator[Chunk]:
    """Yield the whole sound, in pieces. Raises: `UnreadableAudio`."""
    start = 0
    while start < wav.length:
        samples = _piece(wav, start, cutting)
        end = start + len(samples)
        yield Chunk(start / RATE_HZ, end / RATE_HZ, samples)
        start = end


def _piece(wav: Wav, start: int, cutting: Cutting) -> Samples:
    if wav.length - start <= cutting.longest_s * RATE_HZ:
        return wav.read(start, wav.length)
    samples = wav.read(start, start + int(cutting.latest_s * RATE_HZ))
    earliest = int(cutting.earliest_s * RATE_HZ)
    return samples[: earliest + quietest(samples[earliest:])]


def quietest(samples: Samples) -> int:
    """Return the middle of the quietest 200 ms; of several, the last: longer pieces hear better.

    Raises: ValueError when there are less than 200 ms.
    """
    energy = np.concatenate(([0.0], np.cumsum(_power(samples))))
    sums = energy[_QUIET_STEPS:] - energy[:-_QUIET_STEPS]
    at = len(sums) - 1 - int(np.argmin(sums[::-1]))
    return (at + _QUIET_STEPS // 2) * _STEP


def loudest_rms(samples: Samples) -> float:
    """Return the root mean square of the loudest 10 ms, of 32767; 0 when there is less."""
    power = _power(samples)
    return float(np.sqrt(power.max() / _STEP)) if len(power) else 0.0


def _power(samples: Samples) -> npt.NDArray[np.float64]:
    """The energy of each 10 ms. Whole numbers, so that equal silence counts as equal."""
    steps = len(samples) // _STEP
    rows = samples[: steps * _STEP].reshape(steps, _STEP).astype(np.int64)
    return np.asarray((rows**2).sum(axis=1), dtype=np.float64)


def phrases(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Words in groups, parted where the speaker paused for `PAUSE_S` or more."""
    begun = 0
    for at, (before, after) in enumerate(pairwise(words), start=1):
        # To the millisecond: times in hundredths of a second are no exact floats.
        if round(after.start_s - before.end_s, 3) >= PAUSE_S:
            yield tuple(words[begun:at])
            begun = at
    if words:
        yield tuple(words[begun:])
