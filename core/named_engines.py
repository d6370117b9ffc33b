"""Engines by their names: of speech, of summaries, and what a deployment adds to them.

The names lead to dotted paths, so that a deployment can add an engine of its own and nothing of an
engine is imported before it is asked for.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from core.errors import BackendNotConfigured


def made(name: str, options: object, *, engines: Mapping[str, str], what: str) -> Any:
    """Return the engine of that name, not yet checked; `what` it is says the error.

    Raises: `BackendNotConfigured` where there is none, or its package cannot be imported.
    """
    if name not in engines:
        known = ", ".join(sorted(engines))
        raise BackendNotConfigured(f"There is no such {what}. Known are: {known}.")
    module, _, attribute = engines[name].rpartition(".")
    try:
        return getattr(import_module(module), attribute)(options)
    except (ImportError, AttributeError, ValueError) as error:
        raise BackendNotConfigured(f"The {what} “{name}” cannot be loaded.") from error


def configured(
    name: str, options: object, *, fallback: str, engines: Mapping[str, str], what: str
) -> Any:
    """Return the engine of that name, checked; where it is not configured, the `fallback`.

    Raises: `BackendNotConfigured`, the first engine's where there is no fallback.
    """
    try:
        engine = made(name, options, engines=engines, what=what)
        engine.check()
    except BackendNotConfigured:
        if not fallback:
            raise
        return configured(fallback, options, fallback="", engines=engines, what=what)
    return engine
