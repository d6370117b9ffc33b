"""A thin ASGI layer in front of Django: it refuses bodies that are too large.

Django writes every request's body to disk before a view, a login check or a limit of
its own runs. So the size is judged here: by `Content-Length` before a byte is read, and
by counting where a body comes in chunks (RFC 9112, section 7.1).
"""

import asyncio
import json
from collections.abc import Iterable, Mapping

from django.conf import settings

from core.realtime.asgi import Application, Message, Receive, Scope, Send

# After a refusal the rest of the body is read and thrown away for this long: a connection
# closed with unread bytes is reset, and the client may then never see the answer.
LINGER_S = 10.0
PROBLEM = b"application/problem+json"
Headers = Iterable[tuple[bytes, bytes]]


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
        limit_bytes = limit_for(scope["path"], scope["headers"])
        if declared_bytes(scope["headers"]) > limit_bytes:
            await refuse(scope, receive, send, limit_bytes)
            return
        answer = _Answer(send)
        try:
            await self.app(scope, _counted(receive, limit_bytes), answer.send)
        except TooLarge:
            if answer.has_started:
                raise
            await refuse(scope, receive, send, limit_bytes)


class _Answer:
    """What the application sends, and whether it has begun to."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False

    async def send(self, message: Message) -> None:
        self.has_started = True
        await self._send(message)


def limit_for(path: str, headers: Headers) -> int:
    """Return the largest body in bytes that a request with these headers may have."""
    if has_credentials(headers):
        return settings.MAX_UPLOAD_SIZE_BYTES
    exceptions: Mapping[str, int] = settings.ANONYMOUS_BODY_BYTES
    fitting = [size for prefix, size in exceptions.items() if path.startswith(prefix)]
    return max([settings.MAX_ANONYMOUS_BODY_BYTES, *fitting])


def has_credentials(headers: Headers) -> bool:
    """Return whether the request brings something that a view could check."""
    session = settings.SESSION_COOKIE_NAME.encode()
    for name, value in headers:
        if name == b"authorization" and value.strip():
            return True
        if name == b"cookie":
            cookies = (pair.strip().partition(b"=") for pair in value.split(b";"))
            if any(key == session and text for key, _, text in cookies):
                return True
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
    """Answer 413 (RFC 9457), and close the connection once the client could read it."""
    body = problem_body(limit_bytes)
    headers = [
        (b"content-type", PROBLEM),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    # A client that waits for "100 Continue" has sent nothing, and now will not.
    if not any(name == b"expect" for name, _ in scope["headers"]):
        await _discard(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def problem_body(limit_bytes: int) -> bytes:
    """Return the 413 answer's JSON."""
    detail = f"The body of this request may be {limit_bytes} bytes long at most."
    problem = {"type": "about:blank", "title": "Content Too Large", "status": 413, "detail": detail}
    return json.dumps({**problem, "code": "too_large"}).encode()


async def _discard(receive: Receive) -> None:
    try:
        async with asyncio.timeout(LINGER_S):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        return
