"""Which engines this installation has been told to use (Media API contract, section 7)."""

from django.conf import settings

from core.errors import BackendNotConfigured
from core.speech import registry as speech
from core.speech.base import SpeechOptions
from core.speech.chosen import Choice
from media_api.config.live import current
from media_api.config.schema import Config
from media_api.engines.summaries import registry as summaries
from media_api.engines.summaries.base import SummaryBackend, SummaryOptions
from media_api.engines.words import SpeechLanguage


def speech_languages(config: Config) -> frozenset[str]:
    """Return the languages that the chosen engine can do, set up or not.

    Of one that cannot even be loaded nothing is known: then its stage fails, not the request.
    """
    try:
        engine = speech.make_backend(
            config.transcription.backend, _speech_options(config), backends=_speech_backends()
        )
    except BackendNotConfigured:
        return frozenset(SpeechLanguage)
    return frozenset(engine.languages())


def speech_choice() -> Choice:
    """Return what the settings of now say, for every app that listens (`core.speech.chosen`)."""
    config = current()
    return Choice(
        name=config.transcription.backend,
        options=_speech_options(config),
        fallback=config.transcription.fallback,
        backends=_speech_backends(),
    )


def summary_backend(config: Config) -> SummaryBackend:
    """Return the engine for summaries, ready to work. Raises: `BackendNotConfigured`."""
    return summaries.configured_summariser(
        config.summary.backend,
        _summary_options(config),
        fallback=config.summary.fallback,
        backends={**summaries.BACKENDS, **settings.MEDIA_API_BACKENDS.get("summary", {})},
    )


def _speech_backends() -> dict[str, str]:
    return {**speech.BACKENDS, **settings.MEDIA_API_BACKENDS.get("transcription", {})}


def _speech_options(config: Config) -> SpeechOptions:
    said = config.transcription
    return SpeechOptions(
        model=said.model,
        model_path=said.model_path,
        base_url=said.base_url,
        api_key=said.api_key.get_secret_value(),
        http_model=said.http_model,
        outbound_allow=tuple(settings.OUTBOUND_ALLOW),
    )


def _summary_options(config: Config) -> SummaryOptions:
    said = config.summary
    return SummaryOptions(
        base_url=said.base_url,
        api_key=said.api_key.get_secret_value(),
        chat_model=said.chat_model,
        ca_file=said.ca_file,
        token=said.token,
        scope=said.scope,
        is_lite=config.dev_mode,
        outbound_allow=tuple(settings.OUTBOUND_ALLOW),
    )
