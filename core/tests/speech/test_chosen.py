"""The engine that all apps listen with."""

import pytest

from core.errors import BackendNotConfigured
from core.speech import chosen as module
from core.speech.base import SpeechOptions
from core.speech.chosen import Choice, choose_with, chosen


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    monkeypatch.setattr(module._Settings, "ask", module._Settings.ask)


def test_an_engine_that_is_not_configured_is_none():
    choose_with(lambda: Choice("openai_http"))
    with pytest.raises(BackendNotConfigured):
        chosen()


def test_without_settings_it_is_the_one_that_needs_none():
    choose_with(Choice)
    assert chosen().name == "pocketsphinx"


def test_the_settings_are_asked_each_time():
    names = iter(["pocketsphinx", "openai_http"])
    options = SpeechOptions(base_url="https://example.org")
    choose_with(lambda: Choice(next(names), options))
    assert [chosen().name, chosen().name] == ["pocketsphinx", "openai_http"]


def test_its_fallback_is_taken():
    choose_with(lambda: Choice("openai_http", fallback="pocketsphinx"))
    assert chosen().name == "pocketsphinx"
