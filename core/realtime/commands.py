"""Reading what a client sends: JSON objects with a `type`, bounded in every direction."""

import json
from typing import Any, NoReturn

from core.json_bounds import has_at_most
from core.realtime.errors import BadRequest

MAX_DEPTH = 32
MAX_VALUES = 10_000
MAX_REQUEST_ID = 64

Command = dict[str, Any]


def size_bytes(text: str) -> int:
    """Return the length of a message as it was on the wire, in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def decode_object(text: str) -> Command:
    """Decode a JSON object (RFC 8259: no NaN). Raises: `BadRequest`."""
    if not has_at_most(text, MAX_VALUES):
        raise BadRequest("The message has too many values.")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The message is not valid JSON.") from error
    if not isinstance(value, dict):
        raise BadRequest("The message is not a JSON object.")
    _check_bounds(value)
    return value


def decode_command(text: str) -> Command:
    """Decode a JSON object that has a string `type`. Raises: `BadRequest`."""
    command = decode_object(text)
    if not isinstance(command.get("type"), str):
        raise BadRequest("The message has no type.")
    return command


def request_id_of(command: Command) -> dict[str, str | int]:
    """Return `{"request_id": …}` to be repeated in the answer, or nothing (core contract, 2.3)."""
    request_id = command.get("request_id")
    if isinstance(request_id, bool) or not isinstance(request_id, str | int):
        return {}
    if isinstance(request_id, str) and len(request_id) > MAX_REQUEST_ID:
        return {}
    return {"request_id": request_id}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_bounds(value: Command) -> None:
    """Refuse what is deeper or has more values than any command. Raises: `BadRequest`."""
    level: list[Any] = [value]
    count = 0
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for container in level:
            count += len(container)
            if count > MAX_VALUES:
                raise BadRequest("The message has too many values.")
            below.extend(_nested(container))
        if not below:
            return
        level = below
    raise BadRequest("The message is nested too deeply.")


def _nested(container: dict[str, Any] | list[Any]) -> list[Any]:
    """Return the containers in a container; half a surrogate pair is no text."""
    values = _values(container)
    for value in values:
        if isinstance(value, str) and not _is_text(value):
            raise BadRequest("The message holds text that is not valid Unicode.")
    return [value for value in values if isinstance(value, dict | list)]


def _values(container: dict[str, Any] | list[Any]) -> list[Any]:
    """Return the values, of an object its names too."""
    return [*container, *container.values()] if isinstance(container, dict) else container


def _is_text(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
