"""CMU PocketSphinx inside this process: English, draft quality, no download.

The decoder computes while it holds the interpreter's lock, so it is fed half a second at a time:
what keeps a job's lease alive, and what ends it, gets its turn in between. Fed so, it would only
learn on the way what the voice and the microphone are like, so each piece is heard twice: first by
a search that looks for next to nothing and costs a tenth, to learn that (measured: 81 to 85 % of a
female voice's words are understood).
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BackendNotConfigured
from core.speech.base import AUTO, Segment, SpeechOptions, Transcript, Word, sentence
from core.speech.chunks import Chunk, chunks, loudest_rms, phrases
from core.speech.errors import TranscriptionFailed, require_language, require_wanted
from core.speech.wav import RATE_HZ, opened

if TYPE_CHECKING:
    from pocketsphinx import Decoder

ENGLISH = "en"
BLOCK_SAMPLES = RATE_HZ // 2
INAUDIBLE_RMS = 10.0
"""Below -70 dB of full scale the decoder hears words in the noise."""

_FRAMES_A_SECOND = 100
_WORDS = "_default"
"""The library's own name for the search that `Decoder` makes."""

_CHEAP, _CHEAP_PHRASE = "cheap", "oh"
_MARK = re.compile(r"\(\d+\)$")
"""The pronunciation that was heard, as in `and(2)`."""
_FILLERS = ("<", "[", "+")
_turn = threading.Lock()


class Pocketsphinx:
    """Listens to English with the model that lies in the package."""

    name = "pocketsphinx"

    def __init__(self, options: SpeechOptions) -> None:
        """There is nothing to configure."""

    def languages(self) -> set[str]:
        """English; it cannot tell languages apart, so `auto` is English too."""
        return {AUTO, ENGLISH}

    def check(self) -> None:
        """Raises: `BackendNotConfigured` when the package is not installed."""
        if find_spec("pocketsphinx") is None:
            raise BackendNotConfigured("The pocketsphinx package is not installed.")

    def transcribe(
        self,
        wav_path: Path,
        *,
        language: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Transcript:
        """As `TranscriptionBackend.transcribe`."""
        require_language(language, self.languages())
        self.check()
        segments: list[Segment] = []
        with opened(wav_path) as wav, _decoder_for_one(should_stop) as decoder:
            for chunk in chunks(wav):
                words = _words(decoder, chunk, should_stop)
                segments += (_segment(phrase) for phrase in phrases(words))
                on_progress(chunk.end_s / wav.duration_s)
            return Transcript(ENGLISH, tuple(segments), self.name, wav.duration_s)


@contextmanager
def _decoder_for_one(should_stop: Callable[[], bool]) -> "Iterator[Decoder]":
    """The decoder of this process, for one sound at a time."""
    while not _turn.acquire(timeout=0.5):
        require_wanted(should_stop)
    try:
        yield _loaded()
    finally:
        _turn.release()


@cache
def _loaded() -> "Decoder":
    """The decoder, loaded once a process."""
    from pocketsphinx import Decoder

    try:
        decoder = Decoder(loglevel="FATAL")
        decoder.add_keyphrase(_CHEAP, _CHEAP_PHRASE)
        return decoder
    except RuntimeError as error:
        raise BackendNotConfigured("The English model of pocketsphinx does not load.") from error


def _words(decoder: "Decoder", chunk: Chunk, should_stop: Callable[[], bool]) -> list[Word]:
    require_wanted(should_stop)
    if loudest_rms(chunk.samples) < INAUDIBLE_RMS:
        return []
    try:
        _feed(decoder, _CHEAP, chunk, should_stop)
        _feed(decoder, _WORDS, chunk, should_stop, decoder.get_cmn(False))
        # Nothing was heard of a sound shorter than one frame: then there is no hypothesis.
        found = decoder.seg() if decoder.hyp() else ()
        heard = [(s.word, s.start_frame, s.end_frame + 1, s.prob) for s in found]
    except RuntimeError as error:
        raise TranscriptionFailed("The speech engine failed on this sound.") from error
    return [
        _word(chunk, text, frames=(start, end), probability=probability)
        for text, start, end, probability in heard
        if not text.startswith(_FILLERS)
    ]


def _feed(
    decoder: "Decoder",
    search: str,
    chunk: Chunk,
    should_stop: Callable[[], bool],
    mean: str | None = None,
) -> None:
    """Decode a piece as one utterance, which is ended whatever happens.

    It begins with what is known of the sound, its `mean` spectrum, and of nothing heard before.
    """
    decoder.activate_search(search)
    decoder.reinit_feat()
    if mean is not None:
        decoder.set_cmn(mean)
    decoder.start_utt()
    try:
        for start in range(0, len(chunk.samples), BLOCK_SAMPLES):
            require_wanted(should_stop)
            decoder.process_raw(chunk.samples[start : start + BLOCK_SAMPLES].tobytes())
    finally:
        decoder.end_utt()


def _word(chunk: Chunk, text: str, *, frames: tuple[int, int], probability: float) -> Word:
    start_s, end_s = (
        min(chunk.start_s + frame / _FRAMES_A_SECOND, chunk.end_s) for frame in frames
    )
    # The decoder's numbers are rounded logarithms: 1.0 may come out a little larger.
    return Word(start_s, end_s, _spelt(_MARK.sub("", text)), min(1.0, max(0.0, probability)))


def _spelt(word: str) -> str:
    """The decoder's dictionary has no capitals."""
    return word.capitalize() if word == "i" or word.startswith("i'") else word


def _segment(phrase: tuple[Word, ...]) -> Segment:
    text = sentence(" ".join(word.text for word in phrase))
    return Segment(phrase[0].start_s, phrase[-1].end_s, text, phrase)
