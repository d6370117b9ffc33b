"""A thin ASGI layer in front of Django, for `/api/v1/tus/` and whatever else reads so.

Django writes a whole body to disk before it calls a view. Here it is told that there is
none, and the view takes it from the scope while it arrives: everything else, from CORS to
the CSRF check, is Django's as for any request.
"""

import asyncio
from collections.abc import Callable

from core.realtime.asgi import Application, Message, Receive, Scope, Send
from core.tus.inflow import Inflow

PREFIX = "/api/v1/tus/"
BODY = "medialoom.body"
METHODS = (b"DELETE", b"HEAD", b"OPTIONS", b"PATCH")


def is_tus(scope: Scope) -> bool:
    """Return whether a request is about a resumable upload."""
    return str(scope["path"]).startswith(PREFIX)


class UnspooledBodies:
    """Serve what one of `takes` tells with its body in the scope, all else by `rest`.

    `rest` is `app` unless it is given: with one, what is told passes by whatever `rest` does
    to bodies, and its views have to set limits themselves.
    """

    def __init__(
        self, app: Application, *takes: Callable[[Scope], bool], rest: Application | None = None
    ) -> None:
        self.app, self.takes, self.rest = app, takes, rest or app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not any(takes(scope) for takes in self.takes):
            await self.rest(scope, receive, send)
            return
        if is_tus(scope):
            scope["method"] = method_of(scope)
        body = scope[BODY] = Inflow(receive)
        try:
            await self.app(scope, _Nothing().receive, _Answer(scope, body, send).send)
        finally:
            await body.stop()


def method_of(scope: Scope) -> str:
    """Return the method that is meant (tus 1.0.0, X-HTTP-Method-Override)."""
    method = str(scope["method"])
    for name, value in scope["headers"]:
        if method == "POST" and name == b"x-http-method-override" and value.upper() in METHODS:
            return str(value.upper().decode("ascii"))
    return method


class _Nothing:
    """The empty body that Django gets, and then no news of the client.

    The body has it: a client that goes away must not cancel a view that keeps its bytes.
    """

    def __init__(self) -> None:
        self._was_asked = False

    async def receive(self) -> Message:
        if self._was_asked:
            await asyncio.Event().wait()
        self._was_asked = True
        return {"type": "http.request", "body": b"", "more_body": False}


class _Answer:
    """Ends the connection after an answer that came before the end of the body."""

    def __init__(self, scope: Scope, body: Inflow, send: Send) -> None:
        self._body, self._send = body, send
        heads = dict(scope["headers"])
        self._waits = b"expect" in heads
        self._has_body = b"transfer-encoding" in heads or int(heads.get(b"content-length", 0)) > 0

    def _is_early(self) -> bool:
        return self._has_body and not self._body.is_over

    async def send(self, message: Message) -> None:
        if self._body.failure is not None:
            raise self._body.failure  # Who has ended the body answers for it.
        if not self._is_early():
            await self._send(message)
        elif message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"connection", b"close")]
            await self._send({**message, "headers": headers})
        else:
            await self._send({**message, "more_body": True})
            await self._body.stop()
            # A client that waits for "100 Continue" has sent nothing, and now will not.
            if self._body.was_asked_for or not self._waits:
                await self._body.discard()
            if not message.get("more_body", False):
                await self._send({"type": "http.response.body", "body": b""})
