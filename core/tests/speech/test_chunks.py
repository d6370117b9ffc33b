"""Sound is cut where it is quiet, wholly, in order, and without being held in memory."""

import subprocess
import sys
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.speech.base import Word
from core.speech.chunks import Cutting, chunks, loudest_rms, phrases, quietest
from core.speech.wav import RATE_HZ, opened
from core.tests.speech.spoken import write_wav

S = RATE_HZ


def noise(duration_s, loud=3000):
    return np.random.default_rng(7).normal(0, loud, int(duration_s * S)).astype(np.int16)


def pieces(path, *args):
    with opened(path) as wav:
        return list(chunks(wav, *args))


def test_an_empty_sound_has_no_pieces(tmp_path):
    assert pieces(write_wav(tmp_path / "a.wav", [])) == []


@pytest.mark.parametrize("count", [1, 159, 1600, 20 * S])
def test_up_to_twenty_seconds_are_one_piece(count, tmp_path):
    found = pieces(write_wav(tmp_path / "a.wav", np.ones(count)))
    assert [len(piece.samples) for piece in found] == [count]


def test_a_longer_sound_is_cut_in_the_middle_of_its_pause(tmp_path):
    sound = noise(24)
    sound[7 * S : 7 * S + S // 5] = 0
    first, second = pieces(write_wav(tmp_path / "a.wav", sound))
    assert first.end_s == second.start_s == pytest.approx(7.1, abs=0.011)


@pytest.mark.parametrize("pause_s", [1.0, 14.0])
def test_a_pause_outside_of_seconds_three_to_twelve_is_not_looked_at(pause_s, tmp_path):
    sound = noise(24)
    sound[int(pause_s * S) : int(pause_s * S) + S] = 0
    first = pieces(write_wav(tmp_path / "a.wav", sound))[0]
    assert 3.0 <= first.end_s <= 12.0


def test_a_click_does_not_pass_for_a_loud_pause(tmp_path):
    sound = noise(24)
    sound[7 * S : 7 * S + S // 5] //= 20
    sound[7 * S + 1600] = 32767
    sound[9 * S : 9 * S + S // 5] //= 10
    assert pieces(write_wav(tmp_path / "a.wav", sound))[0].end_s == pytest.approx(9.1, abs=0.011)


def test_pieces_of_silence_are_as_long_as_they_may_be(tmp_path):
    found = pieces(write_wav(tmp_path / "a.wav", np.zeros(60 * S)))
    assert [round(piece.end_s - piece.start_s) for piece in found] == [12, 12, 12, 12, 12]


def test_the_loudest_samples_do_not_overflow(tmp_path):
    sound = np.full(24 * S, -32768)
    sound[5 * S : 6 * S] = 32767
    found = pieces(write_wav(tmp_path / "a.wav", sound))
    assert sum(len(piece.samples) for piece in found) == 24 * S
    assert loudest_rms(found[0].samples) == pytest.approx(32768)


@given(
    lengths=st.integers(0, 90 * 400),
    longest=st.integers(5, 30),
    earliest=st.integers(0, 3),
    more=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_pieces_together_are_the_whole(lengths, longest, earliest, more, seed):
    """With a file in memory: what is cut here is 40 times as short."""
    sound = np.random.default_rng(seed).integers(-9999, 9999, lengths, dtype=np.int16)
    cutting = Cutting(longest / 40, earliest / 40, earliest / 40 + 0.2 * more)
    longest_s = max(cutting.longest_s, cutting.latest_s)
    found = list(chunks(InMemory(sound), cutting._replace(longest_s=longest_s)))
    assert np.array_equal(np.concatenate([piece.samples for piece in found] or [sound]), sound)
    assert all(0 < piece.end_s - piece.start_s <= longest_s for piece in found)


class InMemory:
    """What `Wav` is, without a file for each example."""

    def __init__(self, samples):
        self.samples, self.length = samples, len(samples)

    def read(self, start, end):
        return self.samples[start:end]


def test_less_than_200_ms_have_no_quiet_point():
    with pytest.raises(ValueError, match="empty"):
        quietest(np.zeros(1600, np.int16))


def test_an_hour_is_read_in_the_memory_of_a_moment(tmp_path):
    path = tmp_path / "hour.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, S, 0, "NONE", ""))
        for _ in range(60):
            file.writeframesraw(bytes(2 * S * 60))
    program = (
        "import re, sys; from pathlib import Path; from core.speech import chunks, wav\n"
        "status = Path('/proc/self/status')\n"
        "peak = lambda: int(re.search('VmHWM:\\s+(\\d+)', status.read_text())[1])\n"
        "before = peak()\n"
        "with wav.opened(Path(sys.argv[1])) as file:\n"
        "    seconds = sum(piece.end_s - piece.start_s for piece in chunks.chunks(file))\n"
        "print(round(seconds), peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True
    )
    seconds, grown_kib = map(int, done.stdout.split())
    assert seconds == 3600
    assert grown_kib < 20 * 1024  # the file has 110 MiB


def word(start_s, end_s):
    return Word(start_s, end_s, "word", 1.0)


def test_no_words_are_no_phrases():
    assert list(phrases([])) == []


def test_phrases_are_parted_by_pauses_of_35_hundredths():
    words = [word(0, 0.3), word(0.64, 1.0), word(1.35, 2.0), word(2.1, 3.0)]
    assert list(phrases(words)) == [tuple(words[:2]), tuple(words[2:])]


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), max_size=20))
def test_phrases_together_are_all_words(times):
    words = [word(start_s, end_s) for start_s, end_s in times]
    assert [each for phrase in phrases(words) for each in phrase] == words
