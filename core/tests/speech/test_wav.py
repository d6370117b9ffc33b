"""Only the one kind of WAV file is taken, and never a part for the whole."""

import os

import numpy as np
import pytest

from core.speech.errors import UnreadableAudio
from core.speech.wav import opened
from core.tests.speech.spoken import write_wav

TONE = 1000 * np.sin(np.arange(3200) / 10)


def all_of(path):
    with opened(path) as wav:
        return wav.read(0, wav.length)


@pytest.mark.parametrize(
    "shape", [{"rate_hz": 8000}, {"channels": 2}, {"channels": 2, "rate_hz": 8000}, {"width": 1}]
)
def test_another_rate_width_or_number_of_channels_is_refused(shape, tmp_path):
    with pytest.raises(UnreadableAudio, match="16 kHz"):
        all_of(write_wav(tmp_path / "a.wav", TONE, **shape))


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVE", b"ID3\x03" + bytes(200), b"RIFF" + bytes(4000)],
)
def test_what_is_no_wav_file_is_refused(content, tmp_path):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UnreadableAudio):
        all_of(tmp_path / "a.wav")


def test_a_file_that_is_not_there_is_refused_without_its_path(tmp_path):
    with pytest.raises(UnreadableAudio) as refused:
        all_of(tmp_path / "none.wav")
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("cut_bytes", [1, 2, 3200, 6400, 6420])
def test_a_file_that_was_cut_off_is_not_taken_for_a_shorter_one(cut_bytes, tmp_path):
    path = write_wav(tmp_path / "a.wav", TONE)
    os.truncate(path, path.stat().st_size - cut_bytes)
    with pytest.raises(UnreadableAudio):
        all_of(path)


def test_a_file_that_never_got_its_length_is_refused(tmp_path):
    path = write_wav(tmp_path / "a.wav", TONE)
    whole = bytearray(path.read_bytes())
    at = whole.index(b"data") + 4
    whole[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(whole)
    with pytest.raises(UnreadableAudio):
        all_of(path)


def test_samples_come_from_where_they_are_asked_for(tmp_path):
    path = write_wav(tmp_path / "a.wav", np.arange(1000))
    with opened(path) as wav:
        assert wav.length == 1000
        assert wav.duration_s == 0.0625
        assert wav.read(990, 1000).tolist() == list(range(990, 1000))
        assert wav.read(0, 2).tolist() == [0, 1]


def test_a_file_without_a_sample_is_empty(tmp_path):
    assert all_of(write_wav(tmp_path / "a.wav", [])).tolist() == []
