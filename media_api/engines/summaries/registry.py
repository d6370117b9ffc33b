"""Which engine has which name (`core.named_engines`)."""

from collections.abc import Mapping

from core.named_engines import configured
from media_api.engines.summaries.base import SummaryBackend, SummaryOptions

WHAT = "engine for summaries"
BACKENDS: Mapping[str, str] = {
    "textrank": "media_api.engines.summaries.textrank.TextRank",
    "openai_chat": "media_api.engines.summaries.chat.OpenAiChat",
    "gigachat": "media_api.engines.summaries.gigachat.GigaChat",
}


def configured_summariser(
    name: str,
    options: SummaryOptions,
    *,
    fallback: str = "",
    backends: Mapping[str, str] = BACKENDS,
) -> SummaryBackend:
    """Return the engine of that name, checked; where it is not configured, the `fallback`.

    Raises: `BackendNotConfigured`, the first engine's where there is no fallback.
    """
    backend: SummaryBackend = configured(
        name, options, fallback=fallback, engines=backends, what=WHAT
    )
    return backend
