"""Calls of `parse` as the tests make them."""

from typing import Any

import pytest

from media_api.config.schema import Config
from media_api.schemas.errors import Fault, Invalid
from media_api.schemas.submission import Submission, parse

ENGLISH = frozenset({"en"})
ROUTES = ("compress", "extract_audio", "transcribe", "summarize", "extract_text", "custom")
YANDEX = "https://disk.yandex.ru/i/abcdefghij1234"


def asked(route: str, data: Any, config: Config | None = None, **options: Any) -> Submission:
    return parse(route, data, config or Config(), **{"languages": ENGLISH, **options})


def faults(route: str, data: Any, config: Config | None = None, **options: Any) -> list[Fault]:
    with pytest.raises(Invalid) as refused:
        asked(route, data, config, **options)
    for fault in refused.value.errors:
        assert set(fault) == {"loc", "msg", "type"}
        assert fault["loc"][:2] == ["body", "data"]
    return refused.value.errors


def fault(route: str, data: Any, config: Config | None = None, **options: Any) -> Fault:
    [found] = faults(route, data, config, **options)
    return found


def with_actions(route: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"actions": ["compress"], **data} if route == "custom" else data
