"""Which engine has which name.

The names lead to dotted paths, so that a deployment can add an engine of its own and nothing of an
engine is imported before it is asked for.
"""

from collections.abc import Mapping
from importlib import import_module

from core.errors import BackendNotConfigured
from media_api.engines.summaries.base import SummaryBackend, SummaryOptions

BACKENDS: Mapping[str, str] = {
    "textrank": "media_api.engines.summaries.textrank.TextRank",
    "openai_chat": "media_api.engines.summaries.chat.OpenAiChat",
    "gigachat": "media_api.engines.summaries.gigachat.GigaChat",
}


def make_summariser(
    name: str, options: SummaryOptions, *, backends: Mapping[str, str] = BACKENDS
) -> SummaryBackend:
    """Return the engine of that name, not yet checked. Raises: `BackendNotConfigured`."""
    if name not in backends:
        known = ", ".join(sorted(backends))
        raise BackendNotConfigured(f"There is no such engine for summaries. Known are: {known}.")
    module, _, attribute = backends[name].rpartition(".")
    try:
        backend: SummaryBackend = getattr(import_module(module), attribute)(options)
    except (ImportError, AttributeError, ValueError) as error:
        raise BackendNotConfigured(
            f"The engine for summaries “{name}” cannot be loaded."
        ) from error
    return backend


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
    try:
        backend = make_summariser(name, options, backends=backends)
        backend.check()
    except BackendNotConfigured:
        if not fallback:
            raise
        return configured_summariser(fallback, options, backends=backends)
    return backend
