"""The outermost ASGI layer: every line of the log can be traced to its request.

It gives each request and each socket an id (the client's `X-Request-ID` where it is
sane), answers with it, and writes one line to the access log. That line has no query
string: tokens stand there.
"""

import logging
import re
import time
import uuid

import structlog

from core.realtime.asgi import Application, Message, Receive, Scope, Send

logger = structlog.get_logger("access")
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# Asked every few seconds by machines: worth a line only to who debugs.
QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
CLIENT_GONE = 499
WENT_AWAY = 1006


class RequestContext:
    """Bind the request's id to the log while `app` serves it."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        exchange = _Exchange(scope, receive, send, request_id)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, exchange.receive, exchange.send)
            finally:
                exchange.log()


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE.fullmatch(value):
            return bytes(value).decode("ascii")
    return uuid.uuid4().hex


class _Exchange:
    """What passes between a client and the application, as far as the log wants it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.id_header = (b"x-request-id", request_id.encode())
        self.started_at = time.monotonic()
        self.status = CLIENT_GONE if scope["type"] == "http" else WENT_AWAY

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self.status = message.get("code") or WENT_AWAY
        return message

    async def send(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.accept"}:
            message = {**message, "headers": [*message.get("headers", ()), self.id_header]}
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "websocket.close":
            self.status = message.get("code", 1000)
        await self._send(message)

    def log(self) -> None:
        level = logging.DEBUG if self.scope["path"] in QUIET_PATHS else logging.INFO
        client = self.scope.get("client") or ("", 0)
        request = f"{self.scope.get('method', 'WS')} {self.scope['path']} {self.status}"
        logger.log(
            level,
            request,
            duration_ms=round((time.monotonic() - self.started_at) * 1000),
            client=client[0],
            **({"user_id": self.scope["user_id"]} if self.scope.get("user_id") else {}),
        )
