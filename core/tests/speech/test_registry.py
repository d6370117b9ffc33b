"""Engines by name."""

import pytest

from core.errors import BackendNotConfigured
from core.speech.base import SpeechOptions
from core.speech.registry import BACKENDS, configured_backend, make_backend

OPTIONS = SpeechOptions()


class Own:
    """A deployment's own engine, which is never set up."""

    name = "own"

    def __init__(self, options):
        self.options = options

    def check(self):
        raise BackendNotConfigured("The microphone is off.")


MORE = {**BACKENDS, "own": f"{__name__}.Own"}


@pytest.mark.parametrize("name", ["", "nothing", "core.speech.registry", "../etc"])
def test_an_unknown_name_is_refused_and_the_known_ones_are_named(name):
    with pytest.raises(BackendNotConfigured, match="faster_whisper, openai_http, pocketsphinx"):
        make_backend(name, OPTIONS)


@pytest.mark.parametrize(
    "path", ["no.such.module.Engine", "core.speech.registry.NoSuchEngine", "nodots", ""]
)
def test_a_path_that_leads_nowhere_is_not_configured(path):
    with pytest.raises(BackendNotConfigured, match="“own” cannot be loaded"):
        make_backend("own", OPTIONS, backends={"own": path})


@pytest.mark.parametrize("name", sorted(BACKENDS))
def test_every_name_makes_its_engine(name):
    backend = make_backend(name, OPTIONS)
    assert backend.name == name
    assert "auto" in backend.languages()


def test_a_deployment_can_add_an_engine():
    options = SpeechOptions(model="large")
    assert make_backend("own", options, backends=MORE).options is options


def test_an_engine_that_is_not_configured_is_not_replaced_silently():
    with pytest.raises(BackendNotConfigured, match="The microphone is off"):
        configured_backend("own", OPTIONS, backends=MORE)


def test_the_engine_that_the_operator_named_for_that_case_is_taken():
    found = configured_backend("own", OPTIONS, fallback="pocketsphinx", backends=MORE)
    assert found.name == "pocketsphinx"


def test_a_replacement_that_is_not_configured_either_is_an_error():
    with pytest.raises(BackendNotConfigured, match="address"):
        configured_backend("own", OPTIONS, fallback="openai_http", backends=MORE)


def test_the_key_is_not_shown():
    assert "very secret" not in repr(SpeechOptions(api_key="very secret"))
