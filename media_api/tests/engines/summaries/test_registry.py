"""Which engine answers to which name, and what stands in for one that is not set up."""

import pytest

from core.errors import BackendNotConfigured
from media_api.engines.summaries.base import SummaryOptions
from media_api.engines.summaries.registry import BACKENDS, configured_summariser

OPTIONS = SummaryOptions(
    base_url="https://ai.example/v1", chat_model="any", api_key="sk-hidden", token="token-hidden"
)


@pytest.mark.parametrize("name", ["", "nothing", "TextRank", "os.system"])
def test_an_unknown_name_is_refused_with_those_that_are_known(name):
    with pytest.raises(BackendNotConfigured, match="gigachat, openai_chat, textrank"):
        configured_summariser(name, OPTIONS)


@pytest.mark.parametrize("path", ["no.such.Thing", "json.Missing", "textrank", ".x", ""])
def test_an_engine_that_cannot_be_loaded_is_not_configured(path):
    with pytest.raises(BackendNotConfigured, match="cannot be loaded"):
        configured_summariser("mine", OPTIONS, backends={"mine": path})


@pytest.mark.parametrize("name", ["openai_chat", "gigachat"])
def test_an_engine_that_is_not_set_up_has_no_silent_stand_in(name):
    with pytest.raises(BackendNotConfigured):
        configured_summariser(name, SummaryOptions())


def test_the_fallback_stands_in_where_one_is_named():
    assert configured_summariser("gigachat", SummaryOptions(), fallback="textrank").name == (
        "textrank"
    )


def test_a_fallback_that_is_not_set_up_either_is_refused():
    with pytest.raises(BackendNotConfigured):
        configured_summariser("gigachat", SummaryOptions(), fallback="openai_chat")


@pytest.mark.parametrize("name", sorted(BACKENDS))
def test_each_engine_is_made_and_knows_its_name(name):
    assert configured_summariser(name, OPTIONS).name == name


def test_options_show_no_secret():
    assert "hidden" not in repr(OPTIONS)
