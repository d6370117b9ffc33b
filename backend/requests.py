"""Django's own ASGI application, which refuses a head that it cannot read."""

from collections.abc import Mapping
from typing import Any

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import JsonResponse
from django.http.response import HttpResponseBase

from backend.threads import own_turns
from core.api.errors import PROBLEM_TYPE, Failure, problem_body

# Whatever a form holds has to become text in its encoding, be it with marks for what is broken.
_ANY_BYTES = bytes(range(256))
_UNREADABLE = Failure(400, "The request is not valid.", "bad_request")


class Requests(ASGIHandler):
    """The application. Of a head that stands for no request the client hears in a 400."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, in threads that serve others as well."""
        async with own_turns():
            await super().__call__(scope, receive, send)

    def create_request(
        self, scope: Mapping[str, Any], body_file: Any
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """Read a head; one part of the two that are returned is None.

        Django lets a `Content-Type` whose parameter names an unknown encoding (RFC 2231,
        section 4) through as a ValueError, and takes encodings for forms that read no bytes, such
        as `idna`: any stranger could have a 500, and a page of the log.
        """
        try:
            made = super().create_request(scope, body_file)
            if made[0] is not None and made[0].encoding:
                _ANY_BYTES.decode(made[0].encoding, "replace")
        except (LookupError, ValueError):
            return None, _refusal()
        return made


def _refusal() -> JsonResponse:
    return JsonResponse(problem_body(_UNREADABLE), status=400, content_type=PROBLEM_TYPE)
