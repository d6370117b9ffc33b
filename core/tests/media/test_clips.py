"""The clips that the tests of every app stand on are what they say."""

import threading

import pytest

from core.media.errors import NotMedia
from core.media.probe import probe
from tests.support import clips
from tests.support.clips import NAMES, clip

UNREADABLE = {"truncated", "picture"}
SOUND_ALONE = {"audio_only", "mp3", "wav", "cover"}
PICTURE_ALONE = {"silent", "interlaced", "anamorphic", "variable_rate"}
LENGTHS_S = {"long_gop": 6.0, "late_audio": 2.5}


def test_a_name_without_a_clip_is_an_error() -> None:
    with pytest.raises(KeyError):
        clip("no such clip")


@pytest.mark.parametrize("name", sorted(set(NAMES) - UNREADABLE))
def test_a_clip_has_the_streams_and_the_length_it_promises(name: str) -> None:
    info = probe(clip(name))
    assert (info.video is None) == (name in SOUND_ALONE)
    assert (info.audio is None) == (name in PICTURE_ALONE)
    assert info.duration_s == pytest.approx(LENGTHS_S.get(name, 2.0), abs=0.1)


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_a_clip_that_is_no_film_is_refused(name: str) -> None:
    with pytest.raises(NotMedia):
        probe(clip(name))


def test_the_index_lies_where_the_name_says() -> None:
    fast, slow = clip("landscape").read_bytes(), clip("slow_start").read_bytes()
    assert fast.index(b"moov") < fast.index(b"mdat")
    assert slow.index(b"mdat") < slow.index(b"moov")


def test_a_clip_is_made_once_however_many_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    picture = clip("picture").read_bytes()
    recipe = ("bin", lambda target: (made.append(1), target.write_bytes(picture)))
    monkeypatch.setitem(clips._DERIVED, "once", recipe)
    asking = [threading.Thread(target=clip, args=("once",)) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert made == [1]
    assert clip("once").read_bytes() == picture
