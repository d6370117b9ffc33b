"""A thin ASGI layer in front of Django: it refuses bodies that are too large.

Django writes every request's body to disk before a view, a login check or a limit of
its own runs. So the size is judged here: by `Content-Length` before a byte is read, and
by counting where a body comes in chunks (RFC 9112, section 7.1).

More than a mebibyte is for those who have come in: a token is verified, a session looked
up, or any word in a header would let strangers fill the disk. Only the doors for files
take more than a long message.
"""

import json
import logging
from collections.abc import Mapping
from fnmatch import fnmatchcase
from http import HTTPStatus

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from core.accounts.authentication import TokenRefused, checked
from core.api.errors import (
    OUT_OF_ORDER,
    OUT_OF_ORDER_RETRY_AFTER_S,
    PROBLEM_TYPE,
    WHOLE,
    ErrorStyle,
    Failure,
    core_body,
    is_out_of_order,
)
from core.api.unread import Answer, Headers, answer_unread
from core.realtime.asgi import Application, Message, Receive, Scope, Send
from core.uploads.views.base import upload_body_of_error
from media_api.asgi import is_media_api
from media_api.services.errors import TooLarge as FileTooLarge

logger = logging.getLogger(__name__)

MAX_SESSION_KEY = 40
UPLOADS = "/api/v1/core/uploads/"
# How the core contract shapes errors, by prefix; elsewhere they are problem+json.
STYLES: dict[str, ErrorStyle] = {
    "/api/v1/core/": upload_body_of_error,
    "/api/v1/users/": core_body,
}


class TooLarge(Exception):  # noqa: N818 - an answer, not a fault
    """The body has grown beyond its limit."""


class BodyLimit:
    """Let requests through to `app` unless their body is larger than they may send."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit_bytes = anonymous_limit(scope["path"])
        if may_exceed(limit_bytes, scope["headers"]):
            limit_bytes = await _limit_for(scope["path"], scope["headers"])
        if declared_bytes(scope["headers"]) > limit_bytes:
            await refuse(scope, receive, send, limit_bytes)
            return
        answer = Answer(send)
        try:
            await self.app(scope, _counted(receive, limit_bytes), answer.send)
        except TooLarge:
            if answer.has_started:
                raise
            await refuse(scope, receive, send, limit_bytes)
        except OSError as error:
            if answer.has_started or not is_out_of_order(error):
                raise
            logger.error("no room for the body of a request: %s", error)
            await refuse_for_now(scope, receive, send)


def limit_for(path: str, headers: Headers) -> int:
    """Return the largest body in bytes that a request may have. May read the database."""
    limit_bytes = anonymous_limit(path)
    if not has_credentials(headers):
        return limit_bytes
    return max(limit_bytes, _longest_fit(settings.BODY_BYTES, path, settings.MAX_BODY_BYTES))


_limit_for = database_sync_to_async(limit_for, thread_sensitive=False)


def anonymous_limit(path: str) -> int:
    """Return the largest body in bytes that anybody may send there."""
    return max(
        settings.MAX_ANONYMOUS_BODY_BYTES, _longest_fit(settings.ANONYMOUS_BODY_BYTES, path, 0)
    )


def _longest_fit(limits: Mapping[str, int], path: str, default: int) -> int:
    """Return the limit of the longest prefix that fits the path; `*` in one is any text."""
    fits = (prefix for prefix in limits if fnmatchcase(path, f"{prefix}*"))
    fitting = max(fits, key=len, default=None)
    return default if fitting is None else limits[fitting]


def may_exceed(limit_bytes: int, headers: Headers) -> bool:
    """Return whether the body may be larger, by what the headers say of it."""
    is_chunked = any(name == b"transfer-encoding" for name, _ in headers)
    return is_chunked or declared_bytes(headers) > limit_bytes


def has_credentials(headers: Headers) -> bool:
    """Return whether the request brings a verified token or a live session.

    Whether they still open the door is the view's to say.
    """
    session = settings.SESSION_COOKIE_NAME.encode()
    for name, value in headers:
        if name == b"authorization" and _is_token(value):
            return True
        if name == b"cookie":
            cookies = (pair.strip().partition(b"=") for pair in value.split(b";"))
            if any(key == session and _is_session(text) for key, _, text in cookies):
                return True
    return False


def _is_token(value: bytes) -> bool:
    scheme, _, raw = value.strip().partition(b" ")
    try:
        return scheme.lower() == b"bearer" and bool(checked(AccessToken, raw.strip()))
    except TokenRefused:
        return False


def _is_session(value: bytes) -> bool:
    """Return whether there is such a session; one that cannot be looked up is none."""
    if not value.isalnum() or len(value) > MAX_SESSION_KEY:
        return False
    sessions = Session.objects.filter(session_key=value.decode(), expire_date__gt=timezone.now())
    try:
        return sessions.exists()
    except DatabaseError:
        return False


def declared_bytes(headers: Headers) -> int:
    """Return the largest `Content-Length`; 0 without one that can be read."""
    values = [value for name, value in headers if name == b"content-length"]
    return max((int(value) for value in values if value.isdigit()), default=0)


def _counted(receive: Receive, limit_bytes: int) -> Receive:
    seen_bytes = 0

    async def counted() -> Message:
        nonlocal seen_bytes
        message = await receive()
        seen_bytes += len(message.get("body", b""))
        if seen_bytes > limit_bytes:
            raise TooLarge
        return message

    return counted


async def refuse(scope: Scope, receive: Receive, send: Send, limit_bytes: int) -> None:
    """Answer 413, and close the connection once the client could read it."""
    kind, problem = too_large_body(scope["path"], scope["headers"], limit_bytes)
    await answer_unread(scope, receive, send, status=413, problem=problem, kind=kind)


async def refuse_for_now(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 503: there is no room for the body on the disk."""
    later = [(b"retry-after", str(OUT_OF_ORDER_RETRY_AFTER_S).encode())]
    kind, problem = _body(scope["path"], HTTPStatus.SERVICE_UNAVAILABLE, OUT_OF_ORDER)
    await answer_unread(scope, receive, send, status=503, problem=problem, kind=kind, more=later)


def too_large_body(path: str, headers: Headers, limit_bytes: int) -> tuple[str, bytes]:
    """Return the type and the JSON of the 413 answer, as the contract of the path has it."""
    detail = f"The body of this request may be {limit_bytes} bytes long at most."
    return _body(path, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, _field_of(path, headers))


def _field_of(path: str, headers: Headers) -> str:
    """Return the input field that made a body too long, as far as its head tells."""
    kinds = [value.lower() for name, value in headers if name == b"content-type"]
    kind = kinds[0].partition(b";")[0].strip() if path == UPLOADS and kinds else b""
    fields = {b"multipart/form-data": "image_file", b"application/json": "image_base64"}
    return fields.get(kind, WHOLE)


def _body(path: str, status: HTTPStatus, detail: str, field: str = WHOLE) -> tuple[str, bytes]:
    if is_media_api(path):
        said = FileTooLarge.sentence if status == 413 else detail
        return "application/json", json.dumps({"detail": said}).encode()
    title = "Content Too Large" if status == 413 else status.phrase
    code = "too_large" if status == 413 else "unavailable"
    for prefix, style in STYLES.items():
        if path.startswith(prefix):
            answer = style(Failure(status, detail, code, {field: [detail]}))
            return "application/json", json.dumps(answer.data).encode()
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return PROBLEM_TYPE, json.dumps({**problem, "code": code}).encode()
