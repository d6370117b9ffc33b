"""Whisper in this process: the calls of its library, and what is made of what it hears."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import BackendNotConfigured, Stopped
from core.speech import faster_whisper_engine
from core.speech.base import Segment, SpeechOptions, Word
from core.speech.chunks import Cutting
from core.speech.errors import LanguageUnsupported, TranscriptionFailed
from core.speech.faster_whisper_engine import FasterWhisper
from core.tests.speech.spoken import write_wav

STUBS = Path(__file__).parent / "stubs"
HEARD = [
    [0.0, 1.5, " Привет, мир.", [[0.0, 0.5, " Привет,", 0.9], [0.5, 1.5, " мир.", 1.2]]],
    [1.5, 9.0, " Всё", [[1.5, 9.0, " Всё", 0.5], [9.0, 9.0, " ", 0.5]]],
]


@pytest.fixture
def library(monkeypatch):
    monkeypatch.syspath_prepend(str(STUBS))
    monkeypatch.delitem(importlib.sys.modules, "faster_whisper", raising=False)
    faster_whisper_engine._loaded.cache_clear()
    yield importlib.import_module("faster_whisper")
    faster_whisper_engine._loaded.cache_clear()


@pytest.fixture
def folder(tmp_path):
    return model(tmp_path / "models", {"language": "ru", "segments": HEARD})


def model(folder, script):
    folder.mkdir(exist_ok=True)
    (folder / "model.bin").write_text(json.dumps(script))
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture
def wav(tmp_path):
    return write_wav(tmp_path / "a.wav", np.arange(32000) % 1000)


def listen(folder, wav, language="auto", *, progress=None, should_stop=lambda: False, name=""):
    backend = FasterWhisper(SpeechOptions(model=name, model_path=str(folder)))
    tell = progress.append if progress is not None else lambda _: None
    return backend.transcribe(wav, language=language, on_progress=tell, should_stop=should_stop)


def test_without_the_package_it_is_not_configured(folder, monkeypatch):
    monkeypatch.setattr(faster_whisper_engine, "find_spec", lambda _: None)
    with pytest.raises(BackendNotConfigured, match="not installed"):
        FasterWhisper(SpeechOptions(model_path=str(folder))).check()


def test_without_a_folder_it_is_not_configured(library):
    with pytest.raises(BackendNotConfigured, match="No folder"):
        FasterWhisper(SpeechOptions()).check()


@pytest.mark.parametrize("missing", ["model.bin", "config.json", "tokenizer.json"])
def test_a_folder_that_is_not_complete_is_named_without_its_path(missing, library, folder, wav):
    (folder / missing).unlink()
    with pytest.raises(BackendNotConfigured, match=f"lacks {missing}") as refused:
        listen(folder, wav)
    assert str(folder) not in str(refused.value)
    assert library.CALLS == []


def test_a_model_that_does_not_load_is_not_configured(library, folder, wav):
    (folder / "model.bin").write_text("{damaged")
    with pytest.raises(BackendNotConfigured, match="does not load"):
        listen(folder, wav)


def test_a_language_that_whisper_does_not_know_is_refused(library, folder, wav):
    with pytest.raises(LanguageUnsupported):
        listen(folder, wav, "tlh")


def test_an_english_model_knows_english_alone(library, tmp_path, wav):
    folder = model(tmp_path / "small.en", {"language": "en", "segments": []})
    assert FasterWhisper(SpeechOptions(model_path=str(folder))).languages() == {"auto", "en"}
    with pytest.raises(LanguageUnsupported):
        listen(folder, wav, "ru")


@pytest.mark.parametrize("fails", ["at once", "later"])
def test_a_library_that_breaks_down_may_be_tried_again(fails, library, tmp_path, wav):
    folder = model(tmp_path / "m", {"language": "ru", "segments": HEARD, "fails": fails})
    with pytest.raises(TranscriptionFailed):
        listen(folder, wav)


def test_the_sound_is_given_with_full_scale_at_one_and_times_of_words_are_wanted(
    library, folder, wav
):
    listen(folder, wav)
    listen(folder, wav, "ru")
    load, (_, sound, language, has_word_times), again = library.CALLS
    assert load == ("load", str(folder), True)
    assert (language, has_word_times) == (None, True)
    assert sound.dtype == np.float32
    assert np.array_equal(np.round(sound * 32768), np.arange(32000) % 1000)
    assert again[2] == "ru"


def test_words_keep_their_marks_and_times_stay_inside_the_sound(library, folder, wav):
    progress = []
    transcript = listen(folder, wav, progress=progress)
    assert transcript.language == "ru"
    assert transcript.backend == "faster_whisper"
    assert transcript.text == "Привет, мир.\nВсё"
    assert transcript.segments == (
        Segment(
            0.0, 1.5, "Привет, мир.", (Word(0.0, 0.5, "Привет,", 0.9), Word(0.5, 1.5, "мир.", 1.0))
        ),
        Segment(1.5, 2.0, "Всё", (Word(1.5, 2.0, "Всё", 0.5),)),
    )
    assert progress == [0.75, 1.0, 1.0]


def test_of_several_models_the_one_that_is_named_is_taken(library, folder, wav):
    model(folder / "small", {"language": "en", "segments": []})
    assert listen(folder, wav, name="small").language == "en"
    assert listen(folder, wav, name="tiny").language == "ru"


def test_long_sound_goes_in_pieces_and_the_first_tells_the_language(
    library, folder, wav, monkeypatch
):
    """Pieces of a second here, instead of ten minutes."""
    monkeypatch.setattr(faster_whisper_engine, "PIECES", Cutting(1.0, 0.5, 0.9))
    transcript = listen(folder, wav)
    calls = library.CALLS[1:]
    assert sum(len(sound) for _, sound, *_ in calls) == 32000
    assert len(calls) > 1
    assert [call[2] for call in calls] == [None, *["ru"] * (len(calls) - 1)]
    starts = [segment.start_s for segment in transcript.segments]
    assert starts == sorted(starts)
    assert starts[2] >= 0.5


def test_nobody_listens_on_when_the_caller_wants_no_more(library, folder, wav):
    asked = iter([False, True])
    progress = []
    with pytest.raises(Stopped):
        listen(folder, wav, progress=progress, should_stop=lambda: next(asked))
    assert progress == [0.75]


def test_an_empty_sound_is_heard_without_the_library(library, folder, tmp_path):
    transcript = listen(folder, write_wav(tmp_path / "e.wav", []))
    assert (transcript.language, transcript.text) == ("und", "No words detected")
