"""The engine of this installation, for every app: one of them has the settings, all may listen.

Whoever has the settings says so when Django starts (`choose_with`); without, it is the engine that
needs none.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.speech.base import SpeechOptions, TranscriptionBackend
from core.speech.registry import BACKENDS, configured_backend


class Choice(NamedTuple):
    """What the settings say at the moment."""

    name: str = "pocketsphinx"
    options: SpeechOptions = SpeechOptions()
    fallback: str = ""
    backends: Mapping[str, str] = BACKENDS


class _Settings:
    """Who is asked for the choice."""

    ask: Callable[[], Choice] = staticmethod(Choice)


def choose_with(ask: Callable[[], Choice]) -> None:
    """From now on `ask` says which engine is to be used, each time one is needed."""
    _Settings.ask = staticmethod(ask)


def chosen() -> TranscriptionBackend:
    """Return the engine, checked. Raises: `BackendNotConfigured`."""
    choice = _Settings.ask()
    return configured_backend(
        choice.name, choice.options, fallback=choice.fallback, backends=choice.backends
    )
