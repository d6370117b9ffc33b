"""Stands in for faster-whisper 1.2: the same calls; what a model hears stands in `model.bin`."""

import json
from dataclasses import dataclass
from pathlib import Path

CALLS = []


@dataclass
class Word:
    start: float
    end: float
    word: str
    probability: float


@dataclass
class Segment:
    start: float
    end: float
    text: str
    words: list | None


@dataclass
class Info:
    language: str


class WhisperModel:
    def __init__(self, model_size_or_path, *, local_files_only=False):
        CALLS.append(("load", model_size_or_path, local_files_only))
        self.script = json.loads((Path(model_size_or_path) / "model.bin").read_text())

    def transcribe(self, audio, language=None, *, word_timestamps=False):
        CALLS.append(("transcribe", audio, language, word_timestamps))
        if self.script.get("fails") == "at once":
            raise RuntimeError("CUDA failed")
        return self._heard(), Info(language or self.script["language"])

    def _heard(self):
        for start, end, text, words in self.script["segments"]:
            yield Segment(start, end, text, words and [Word(*word) for word in words])
        if self.script.get("fails") == "later":
            raise RuntimeError("CUDA failed")
