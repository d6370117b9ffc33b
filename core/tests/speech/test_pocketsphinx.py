"""English, heard by the real engine."""

import threading

import numpy as np
import pytest

from core.errors import Stopped
from core.media.ffmpeg import Input, ffmpeg
from core.speech.base import SpeechOptions, Transcript
from core.speech.errors import LanguageUnsupported, UnreadableAudio
from core.speech.pocketsphinx_engine import Pocketsphinx
from core.tests.speech.spoken import (
    LECTURE,
    heard_in,
    spoken,
    word_accuracy,
    words_of,
    write_wav,
)

GREETING = "good morning everyone"
KEY_WORDS = {
    *("morning", "lecture", "computer", "networks", "computers", "information", "server"),
    *("routers", "address", "internet", "security", "private", "chapters", "book"),
}


class Listener:
    """Counts what it hears; wants no more after so many questions."""

    def __init__(self, *, until=10**9):
        self.progress, self.questions, self.until = [], 0, until

    def should_stop(self):
        self.questions += 1
        return self.questions > self.until

    def listen_to(self, path, language="auto"):
        return Pocketsphinx(SpeechOptions()).transcribe(
            path, language=language, on_progress=self.progress.append, should_stop=self.should_stop
        )


@pytest.mark.parametrize("language", ["ru", "", "EN", "english"])
def test_another_language_is_refused_and_those_it_knows_are_named(language, tmp_path):
    with pytest.raises(LanguageUnsupported, match="auto, en") as refused:
        heard_in(tmp_path / "never looked at", language)
    assert refused.value.code == "language_unsupported"


def test_eight_kilohertz_in_stereo_are_refused():
    with pytest.raises(UnreadableAudio):
        heard_in(spoken(LECTURE[0], options=("-ar", "8000", "-ac", "2")))


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(spoken(LECTURE[0]).read_bytes()[:-999])
    with pytest.raises(UnreadableAudio):
        heard_in(tmp_path / "a.wav")


@pytest.mark.parametrize("duration_s", [0, 0.001, 0.01, 0.1])
def test_a_moment_of_sound_has_no_words(duration_s, tmp_path):
    sound = np.random.default_rng(1).normal(0, 2000, int(16000 * duration_s))
    transcript = heard_in(write_wav(tmp_path / "a.wav", sound))
    assert transcript == Transcript("en", (), "pocketsphinx", pytest.approx(duration_s))
    assert transcript.text == "No words detected"


def test_silence_has_no_words(tmp_path):
    hiss = np.random.default_rng(1).normal(0, 3, 16000 * 25)
    assert heard_in(write_wav(tmp_path / "a.wav", hiss)).segments == ()


def test_a_lecture_is_understood():
    """What is measured is 90 %; the contract asks for three quarters."""
    path, listener = spoken(*LECTURE), Listener()
    transcript = listener.listen_to(path)
    heard = words_of(transcript)

    assert (transcript.language, transcript.backend) == ("en", "pocketsphinx")
    assert word_accuracy(" ".join(LECTURE).split(), heard) >= 0.75
    assert len(KEY_WORDS & set(heard)) >= 10
    words = [word for segment in transcript.segments for word in segment.words]
    starts = [word.start_s for word in words]
    assert starts == sorted(starts)
    assert all(0 <= w.start_s < w.end_s <= transcript.duration_s for w in words)
    assert all(0 <= word.confidence <= 1 for word in words)
    assert not any(mark in word.text for word in words for mark in "<>[]()")
    assert listener.progress == sorted(listener.progress)
    assert len(listener.progress) > 2
    assert listener.progress[-1] == 1.0
    lines = transcript.text.split("\n")
    assert len(lines) == len(transcript.segments)
    assert all(line[0].isupper() and line.endswith(".") for line in lines)
    # Whoever keeps the job alive gets a turn twice a second of sound.
    assert listener.questions > 2 * transcript.duration_s


def test_the_same_sound_is_heard_alike_whatever_was_heard_before(tmp_path):
    once = heard_in(spoken(GREETING))
    heard_in(write_wav(tmp_path / "hum.wav", 20000 * np.sin(np.arange(8000) / 9)))
    assert heard_in(spoken(GREETING)) == once


def test_listening_ends_within_a_piece_when_nobody_wants_it_and_can_begin_again():
    listener = Listener(until=5)
    with pytest.raises(Stopped):
        listener.listen_to(spoken(*LECTURE))
    assert listener.progress == []
    assert listener.questions == 6
    assert words_of(heard_in(spoken(GREETING))) == GREETING.split()


def test_an_error_of_the_caller_ends_it_and_it_can_begin_again():
    class LostError(Exception):
        pass

    def lose():
        raise LostError

    with pytest.raises(LostError):
        Pocketsphinx(SpeechOptions()).transcribe(
            spoken(LECTURE[0]), language="en", on_progress=lambda _: None, should_stop=lose
        )
    assert words_of(heard_in(spoken(GREETING))) == GREETING.split()


def test_threads_take_turns():
    path, found = spoken(GREETING), []
    threads = [threading.Thread(target=lambda: found.append(heard_in(path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1


def test_speech_in_any_file_is_understood_after_decoding(tmp_path):
    """As telephones send it: 8 kHz, two channels, compressed, in a video's container."""
    from core.media.probe import probe
    from core.speech import sound

    clip = tmp_path / "clip.mkv"
    speech = spoken(GREETING)
    ffmpeg([Input(speech)], ["-ar", "8000", "-ac", "2", "-c:a", "libmp3lame", clip])
    audio = probe(clip).audio
    assert audio is not None
    sound.decode(clip, audio, tmp_path / "speech.wav")
    assert "morning" in words_of(heard_in(tmp_path / "speech.wav"))
