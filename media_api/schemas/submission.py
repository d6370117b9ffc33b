"""One submission: what was asked for, checked and complete (Media API contract, 2.2 to 2.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from media_api.config.schema import Config
from media_api.engines.actions import ROUTES
from media_api.engines.words import TranscriptFormat
from media_api.schemas.checks import language_faults, rate_faults
from media_api.schemas.defaults import defaults, over
from media_api.schemas.errors import Fault, Invalid, fault, faults_of
from media_api.schemas.fields import given
from media_api.schemas.links import refusal, source_link
from media_api.schemas.routes import ROUTE_DATA, CustomData, Data

MOST_DATA_BYTES = 256 * 1024
"""What `data` may weigh. Its depth is bounded by the parser, 200 levels."""

_Json = dict[str, Any]


@dataclass(frozen=True)
class Webhook:
    """Whom to call at the end, and what signs the call."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Submission:
    """What a request asks for. Of the sources any number may be given: that is judged later.

    `actions` are sorted, each once. `config` is what counts, in camelCase and complete: for each
    route the groups that it can need, `ffmpeg`, `audio`, `transcribe`, `summary`, `fileToText`.
    """

    url: str | None
    path: str | None
    upload_id: str | None
    webhook: Webhook | None
    actions: tuple[str, ...]
    config: _Json


def parse(
    route: str,
    data: Mapping[str, Any] | str | bytes | None,
    config: Config,
    *,
    languages: frozenset[str],
    allow: Sequence[str] = (),
) -> Submission:
    """Take `data` of a route, as the JSON text or parsed; None where the part is missing.

    `route` is a type of request. `languages` are those that the speech engine of now knows, and
    `allow` is OUTBOUND_ALLOW.

    Raises: Invalid.
    """
    wire = _validated(ROUTE_DATA[route], _object(data))
    asked = given(wire.config) if "config" in wire.model_fields_set else {}
    asked = {"ffmpeg": asked} if route == "compress" else asked
    complete = _canonical(over(defaults(route, config), asked))
    actions = wire.actions if isinstance(wire, CustomData) else [ROUTES[route]]
    link = wire.url and source_link(wire.url, is_any_allowed=config.allow_remote_urls, allow=allow)
    faults = [
        *([link] if isinstance(link, dict) else []),
        *_webhook_faults(wire, allow),
        *rate_faults(route, complete, asked),
        *language_faults(complete, actions, languages),
    ]
    if faults:
        raise Invalid(faults)
    return Submission(
        url=link if isinstance(link, str) else None,
        path=wire.path,
        upload_id=wire.upload_id,
        webhook=_webhook(wire),
        actions=tuple(sorted({action.value for action in actions})),
        config=complete,
    )


def _object(data: object) -> Any:
    """The value that a JSON text stands for. Raises: Invalid."""
    if data is None:
        raise Invalid([fault([], "Field required", "missing")])
    if not isinstance(data, str | bytes):
        return data
    try:
        content = data.encode() if isinstance(data, str) else data
        if len(content) > MOST_DATA_BYTES:
            raise Invalid([fault([], "The JSON is too long", "json_invalid")])
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise Invalid([fault([], "Invalid JSON", "json_invalid")]) from error


def _validated(model: type[Data], value: Any) -> Data:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid(faults_of(error)) from error


def _canonical(config: _Json) -> _Json:
    """The same for all spellings of one meaning: formats each once, in one order."""
    group = config.get("transcribe", {})
    if "formats" in group:
        group["formats"] = [each.value for each in TranscriptFormat if each in group["formats"]]
    return config


def _webhook(wire: Data) -> Webhook | None:
    given_one = wire.webhook
    return Webhook(given_one.url, given_one.secret or "") if given_one else None


def _webhook_faults(wire: Data, allow: Sequence[str]) -> list[Fault]:
    if wire.webhook is None:
        return []
    refused = refusal(["webhook", "url"], wire.webhook.url, allow)
    return [refused] if refused else []
