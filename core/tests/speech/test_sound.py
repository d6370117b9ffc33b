"""The sound of files, as speech engines take it."""

from dataclasses import replace

import numpy as np
import pytest

from core.media.errors import ProgramFailed
from core.media.probe import probe
from core.speech import sound
from core.speech.wav import opened
from tests.support.clips import clip


def decoded(name, tmp_path, **changes):
    audio = probe(clip(name)).audio
    assert audio is not None
    sound.decode(clip(name), replace(audio, **changes), tmp_path / "s.wav")
    with opened(tmp_path / "s.wav") as wav:
        return wav.read(0, wav.length)


def test_a_stream_that_is_not_there_is_an_error_without_paths(tmp_path):
    with pytest.raises(ProgramFailed) as failed:
        decoded("wav", tmp_path, index=7)
    assert str(tmp_path) not in " ".join(failed.value.tail)


@pytest.mark.parametrize("name", ["landscape", "surround", "mp3", "webm", "cover"])
def test_sound_of_any_kind_becomes_two_seconds_of_one_channel(name, tmp_path):
    samples = decoded(name, tmp_path)
    assert len(samples) / 16000 == pytest.approx(2.0, abs=0.1)
    assert np.abs(samples).max() > 1000


def test_sound_that_begins_late_keeps_its_time(tmp_path):
    samples = decoded("late_audio", tmp_path)
    assert len(samples) / 16000 == pytest.approx(2.5, abs=0.05)
    assert not samples[:7000].any()


def test_channels_that_nobody_named_are_heard_all_the_same(tmp_path):
    samples = decoded("surround", tmp_path, layout=None)
    assert np.abs(samples).max() > 1000


def test_progress_is_told(tmp_path):
    audio = probe(clip("mp3")).audio
    told = []
    sound.decode(clip("mp3"), audio, tmp_path / "s.wav", on_progress=told.append)
    assert told[-1].is_end
