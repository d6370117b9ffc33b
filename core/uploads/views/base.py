"""What the views of uploads share: whose they are, how errors look, how bodies are read."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts.models import User
from core.api.errors import Failure, core_body
from core.api.parsers import check_json, check_size
from core.errors import FieldErrors
from core.uploads.encoded import MAX_PARSED_BYTES, cut

_PLAIN_CODES = {"invalid", "parse_error"}


class UploadJSONParser(BaseParser):
    """JSON (UTF-8) of any size that the sockets take too; base64 in it is never parsed (2.8)."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF passes it
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return the parsed body. Raises: `ParseError`, `FieldErrors` for one too large."""
        body = stream.read(settings.CORE_WS_MAX_MESSAGE_BYTES + 1)
        if len(body) > settings.CORE_WS_MAX_MESSAGE_BYTES:
            raise _too_large(settings.CORE_WS_MAX_MESSAGE_BYTES)
        message = cut(body)
        if len(message.rest) > MAX_PARSED_BYTES:
            raise _too_large(MAX_PARSED_BYTES)
        try:
            text = message.rest.decode("utf-8-sig")
            check_size(text)
            value = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError("JSON parse error - the body is not valid JSON.") from error
        check_json(value)
        return message.restored(value)


def _too_large(limit_bytes: int) -> FieldErrors:
    return FieldErrors(
        {"__all__": f"The body is larger than {limit_bytes:,} bytes."}, code="too_large"
    )


def _refuse(name: str) -> None:
    raise ValueError(name)


class AnyNegotiation(DefaultContentNegotiation):
    """Files have one form: `Accept` and `?format=` are not DRF's to choose by."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - DRF passes it
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer, which is for error bodies."""
        first = next(iter(renderers))
        return first, first.media_type or ""


def upload_body_of_error(failure: Failure) -> Response:
    """Shape an error as 3.1 says; what is wrong with the content keeps its `code` too (2.3)."""
    answer = core_body(failure)
    if "errors" in answer.data and failure.code not in _PLAIN_CODES:
        answer.data["code"] = failure.code
    return answer


class UploadsView(APIView):
    """A view of the caller's uploads."""

    parser_classes = [UploadJSONParser, MultiPartParser, JSONParser]
    error_style = staticmethod(upload_body_of_error)

    @property
    def user(self) -> User:
        """Return the account that the permission class has let in."""
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - for the type checker
        return user


def body_of(request: Request) -> dict[str, Any]:
    """Return the body's fields, of a form or of JSON. Raises: `FieldErrors` for no object."""
    data = request.data
    if isinstance(data, QueryDict):
        return dict(data.items())
    if not isinstance(data, dict):
        raise FieldErrors({"__all__": "An object is expected."})
    return data
