"""What all views of the Media API share: who may use them, and how their errors look."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts.models import User
from core.api.errors import ErrorStyle, Failure
from core.api.parsers import NoBody
from media_api.config.live import current
from media_api.schemas.errors import Invalid
from media_api.services.errors import Refused, TooLarge


def media_body(failure: Failure) -> Response:
    """Shape an error as the contract's 2.6 says: `{"detail"}`, a list of it where fields err."""
    detail: Any = failure.detail
    status = failure.status
    if failure.status == 413:
        detail = TooLarge.sentence
    elif failure.fields or failure.code == "parse_error":
        status = 422
        detail = listed(failure)
    return Response({"detail": detail}, status=status, headers=failure.headers)


def listed(failure: Failure) -> list[dict[str, Any]]:
    """Return the failures of fields as the contract lists them."""
    if not failure.fields:
        return [{"loc": ["body", "data"], "msg": failure.detail, "type": failure.code}]
    return [
        {"loc": ["body", name], "msg": message, "type": "value_error"}
        for name, messages in failure.fields.items()
        for message in messages
    ]


class AsConfigured(BasePermission):
    """Whoever has a token; everybody where `auth.required` is false."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Return whether the request may go on."""
        return isinstance(request.user, User) or not current().auth.required


class JsonNegotiation(DefaultContentNegotiation):
    """JSON is the one form of answers; `?format=` is a parameter like any other here."""

    def select_renderer(  # type: ignore[override]
        self,
        request: Request,  # noqa: ARG002
        renderers: list[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Return the first."""
        return renderers[0], renderers[0].media_type


class MediaView(APIView):
    """A view of the Media API."""

    content_negotiation_class = JsonNegotiation
    permission_classes = (AsConfigured,)
    # Forms are read as they arrive; a session's CSRF token comes in its header.
    parser_classes = (NoBody,)
    error_style: ClassVar[ErrorStyle] = staticmethod(media_body)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refusal in its own words."""
        if isinstance(exc, Invalid):
            return Response({"detail": exc.errors}, status=422)
        if isinstance(exc, Refused):
            later = {} if exc.retry_after_s is None else {"Retry-After": str(exc.retry_after_s)}
            return Response(exc.body, status=exc.status, headers=later)
        return super().handle_exception(exc)


def account_in(request: Request) -> User | None:
    """Return who asks; None for somebody without an account."""
    return request.user if isinstance(request.user, User) else None


def asker_before_the_body(request: HttpRequest, view: type[MediaView]) -> User | None:
    """Return who asks before anything of the body is read. Raises: `APIException`."""
    asker = view()
    before = request.user
    asked = asker.initialize_request(request)
    asker.request = asked
    asker.headers = {}
    try:
        if not AsConfigured().has_permission(asked, asker):
            raise NotAuthenticated
    except APIException:
        # DRF has made nobody of the user; the view asks again, and is to hear the same.
        request.user = before
        raise
    return account_in(asked)


Answer = HttpResponseBase
