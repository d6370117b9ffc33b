"""Which engine has which name.

The names lead to dotted paths, so that a deployment can add an engine of its own and nothing of an
engine is imported before it is asked for.
"""

from collections.abc import Mapping
from importlib import import_module

from core.errors import BackendNotConfigured
from core.speech.base import SpeechOptions, TranscriptionBackend

BACKENDS: Mapping[str, str] = {
    "pocketsphinx": "core.speech.pocketsphinx_engine.Pocketsphinx",
    "faster_whisper": "core.speech.faster_whisper_engine.FasterWhisper",
    "openai_http": "core.speech.openai_http_engine.OpenAiHttp",
}


def make_backend(
    name: str, options: SpeechOptions, *, backends: Mapping[str, str] = BACKENDS
) -> TranscriptionBackend:
    """Return the engine of that name; making one is cheap, its model is loaded once a process.

    Raises: `BackendNotConfigured` where there is none, or its package cannot be imported.
    """
    if name not in backends:
        known = ", ".join(sorted(backends))
        raise BackendNotConfigured(f"There is no such speech engine. Known are: {known}.")
    module, _, attribute = backends[name].rpartition(".")
    try:
        backend: TranscriptionBackend = getattr(import_module(module), attribute)(options)
    except (ImportError, AttributeError, ValueError) as error:
        raise BackendNotConfigured(f"The speech engine “{name}” cannot be loaded.") from error
    return backend


def configured_backend(
    name: str,
    options: SpeechOptions,
    *,
    fallback: str = "",
    backends: Mapping[str, str] = BACKENDS,
) -> TranscriptionBackend:
    """Return the engine of that name, checked; where it is not configured, the `fallback`.

    Raises: `BackendNotConfigured`, the first engine's.
    """
    try:
        backend = make_backend(name, options, backends=backends)
        backend.check()
    except BackendNotConfigured:
        if not fallback:
            raise
        return configured_backend(fallback, options, backends=backends)
    return backend
