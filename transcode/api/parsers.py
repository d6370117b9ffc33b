"""Reading the bodies of the video API: bounded before they are parsed."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser

from core.api.parsers import StrictJSONParser
from core.errors import InvalidInput
from core.multipart import FormsAsTheyArrive

MAX_FIELDS_BYTES = 64 * 1024


def _read(stream: IO[Any]) -> bytes:
    """Read what may be a few fields. Raises: `InvalidInput`."""
    body: bytes = stream.read(MAX_FIELDS_BYTES + 1)
    if len(body) > MAX_FIELDS_BYTES:
        message = f"Without a file the body may have {MAX_FIELDS_BYTES:,} bytes."
        raise InvalidInput(message, code="too_large")
    return body


class FieldsParser(FormParser):
    """A form without files (`application/x-www-form-urlencoded`), of 64 KiB at most."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the fields. Raises: `InvalidInput` for a body that is too large."""
        return super().parse(BytesIO(_read(stream)), media_type, parser_context)


class PathJSONParser(BaseParser):
    """JSON of 64 KiB at most whose texts may hold anything: whoever reads them says what is wrong.

    So a path with a NUL is refused as a path, and not as JSON.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF passes it
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return the value. Raises: `ParseError`, `InvalidInput` for a body that is too large."""
        try:
            return json.loads(_read(stream).decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise ParseError("JSON parse error - the body is not valid JSON.") from error


# A form of a new video is read while it arrives; what else comes to that door has no file.
ARRIVING_PARSERS = (FormsAsTheyArrive, FieldsParser, StrictJSONParser)
UPLOAD_PARSERS = (MultiPartParser, FieldsParser, StrictJSONParser)
PATH_PARSERS = (PathJSONParser, MultiPartParser, FieldsParser)
