"""Engines as a deployment adds them."""

import time

from core.speech.base import Segment, Transcript, Word
from core.speech.wav import opened

THINKS_FOR_S = 2.0


class Thinker:
    """Summarises by its first sentence; it thinks for a while and says nothing meanwhile."""

    name = "thinker"

    def __init__(self, options):
        self.options = options

    def check(self):
        """Is always ready."""

    def summarize(self, text, *, model, on_progress, should_stop):
        time.sleep(THINKS_FOR_S)
        return text.split(".")[0] + "."


class Farewell:
    """Hears one short word, with which the sound ends."""

    name = "farewell"

    def __init__(self, options):
        self.options = options

    def languages(self):
        return {"en"}

    def check(self):
        """Is always ready."""

    def transcribe(self, wav_path, *, language, on_progress, should_stop):
        with opened(wav_path) as wav:
            end_s = wav.duration_s
        word = Word(end_s - 0.2, end_s, "bye", 1.0)
        segment = Segment(word.start_s, word.end_s, "Bye.", (word,))
        return Transcript("en", (segment,), self.name, end_s)
