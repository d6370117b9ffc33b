"""Which engine has which name (`core.named_engines`)."""

from collections.abc import Mapping

from core.named_engines import configured, made
from core.speech.base import SpeechOptions, TranscriptionBackend

WHAT = "speech engine"
BACKENDS: Mapping[str, str] = {
    "pocketsphinx": "core.speech.pocketsphinx_engine.Pocketsphinx",
    "faster_whisper": "core.speech.faster_whisper_engine.FasterWhisper",
    "openai_http": "core.speech.openai_http_engine.OpenAiHttp",
}


def make_backend(
    name: str, options: SpeechOptions, *, backends: Mapping[str, str] = BACKENDS
) -> TranscriptionBackend:
    """Return the engine of that name, making one is cheap, its model is loaded once a process.

    Raises: `BackendNotConfigured`.
    """
    backend: TranscriptionBackend = made(name, options, engines=backends, what=WHAT)
    return backend


def configured_backend(
    name: str,
    options: SpeechOptions,
    *,
    fallback: str = "",
    backends: Mapping[str, str] = BACKENDS,
) -> TranscriptionBackend:
    """Return the engine of that name, checked; where it is not configured, the `fallback`.

    Raises: `BackendNotConfigured`, the first engine's where there is no fallback.
    """
    backend: TranscriptionBackend = configured(
        name, options, fallback=fallback, engines=backends, what=WHAT
    )
    return backend
