"""Speech for tests, made by ffmpeg's own synthesiser, and how well it was understood."""

import subprocess
import wave
from pathlib import Path

import numpy as np

from core.speech.base import SpeechOptions, Transcript
from core.speech.pocketsphinx_engine import Pocketsphinx
from tests.support.environment import FOLDER

RATE_HZ = 16_000
LECTURE = (
    "good morning everyone and welcome to the second lecture of this course",
    "today we are going to talk about computer networks and how data moves between machines",
    "a network is a group of computers that are connected so that they can share information",
    "when you open a web page your computer sends a request to a server and the server sends"
    " a response",
    "the request travels through many routers before it reaches the server",
    "each router reads the address and decides where to send the packet next",
    "if a packet is lost the sender waits for a short time and then sends it again",
    "this simple idea makes the internet reliable even when some parts of it fail",
    "in the next lecture we will look at security and learn how to protect private data",
    "please read the first two chapters of the book before friday",
)


def spoken(*sentences: str, options: tuple[str, ...] = ("-ar", "16000", "-ac", "1")) -> Path:
    """Return a WAV file of sentences, the same file each time; one sentence is about 4 s."""
    text = ". ".join(sentences)
    path = FOLDER / f"spoken-{abs(hash((text, options)))}.wav"
    if not path.exists():
        source = f"flite=text='{text}':voice=rms"
        command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", source]
        subprocess.run([*command, *options, str(path)], check=True)
    return path


def write_wav(path: Path, samples, *, channels=1, width=2, rate_hz=RATE_HZ) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", ""))
        file.writeframes(np.asarray(samples).astype("<i2").tobytes())
    return path


def heard_in(path: Path, language: str = "en") -> Transcript:
    """What pocketsphinx hears."""
    return Pocketsphinx(SpeechOptions()).transcribe(
        path, language=language, on_progress=lambda _: None, should_stop=lambda: False
    )


def words_of(transcript: Transcript) -> list[str]:
    return [word.text.lower() for segment in transcript.segments for word in segment.words]


def word_accuracy(reference: list[str], heard: list[str]) -> float:
    """1 minus the word error rate: the edits between the two, by the words of the reference."""
    costs = list(range(len(heard) + 1))
    for number, said in enumerate(reference, start=1):
        diagonal, costs[0] = costs[0], number
        for at, word in enumerate(heard, start=1):
            change = diagonal + (said != word)
            diagonal = costs[at]
            costs[at] = min(costs[at] + 1, costs[at - 1] + 1, change)
    return 1 - costs[-1] / len(reference)
