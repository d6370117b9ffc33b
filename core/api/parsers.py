"""Reading request bodies so that nothing in them can surprise what comes after."""

import math
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, JSONParser

from core.errors import InvalidInput
from core.json_bounds import has_at_most

# No door that reads JSON with this takes files in it.
MAX_JSON_BYTES = 8 * 2**20
MAX_DEPTH = 64
MAX_VALUES = 200_000
_INTEGER_LIMIT = 2**63


class StrictJSONParser(JSONParser):
    """JSON whose values a database can hold.

    Refuses, with 400: nesting beyond `MAX_DEPTH`, more than `MAX_VALUES` values, integers
    beyond 64 bits, floats beyond a double, NUL and halves of surrogate pairs in strings;
    with 413 more than `MAX_JSON_BYTES`.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body. Raises: `ParseError`, `InvalidInput` for one too large."""
        body = stream.read(MAX_JSON_BYTES + 1)
        if len(body) > MAX_JSON_BYTES:
            raise InvalidInput(
                f"The body is larger than {MAX_JSON_BYTES:,} bytes.", code="too_large"
            )
        check_size(body.decode("latin-1"))
        # JSON is UTF-8 (RFC 8259, 8.1); in another charset its size would be told wrongly.
        context = {**(parser_context or {}), "encoding": "utf-8"}
        try:
            value = super().parse(BytesIO(body), media_type, context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deep.") from error
        check_json(value)
        return value


class NoBody(BaseParser):
    """Finds nothing in any body, without reading it.

    For DRF's CSRF check, which asks for the fields of every POST: where a body is read as it
    arrives the token comes in its header.
    """

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],  # noqa: ARG002 - DRF passes it
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> "DataAndFiles[QueryDict, MultiValueDict[str, Any]]":
        """Return an empty form."""
        return DataAndFiles(QueryDict(), MultiValueDict())


def check_size(text: str) -> None:
    """Refuse what would be too many values, before it is parsed. Raises: `ParseError`."""
    if not has_at_most(text, MAX_VALUES):
        raise ParseError("JSON parse error - too many values.")


def check_json(value: Any) -> None:
    """Refuse what a database cannot hold, anywhere in a parsed value. Raises: `ParseError`."""
    seen = 0
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH:
            raise ParseError("JSON parse error - nested too deep.")
        if seen > MAX_VALUES:
            raise ParseError("JSON parse error - too many values.")
        if isinstance(item, dict):
            waiting.extend((inner, depth + 1) for pair in item.items() for inner in pair)
        elif isinstance(item, list):
            waiting.extend((inner, depth + 1) for inner in item)
        else:
            _check_scalar(item)


def _check_scalar(value: object) -> None:
    if isinstance(value, str) and not is_storable(value):
        raise ParseError("JSON parse error - a string holds NUL or half a character.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ParseError("JSON parse error - a number is too large.")
    if isinstance(value, int) and not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise ParseError("JSON parse error - a number is too large.")


def is_storable(text: str) -> bool:
    """Return whether a text can be kept: no NUL (PostgreSQL) and no half surrogate (UTF-8)."""
    if "\x00" in text:
        return False
    try:
        # ASCII is told without a copy: a body may be tens of MiB of base64.
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
