"""Answers that a layer in front of Django gives by itself: the body may be unread, or half."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from core.api.errors import PROBLEM_TYPE
from core.realtime.asgi import Message, Receive, Scope, Send

# After a refusal the rest of the body is read and thrown away for this long: a connection
# closed with unread bytes is reset, and the client may then never see the answer.
LINGER_S = 10.0
Headers = Iterable[tuple[bytes, bytes]]


class Answer:
    """What the application sends, and whether it has begun to."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False

    async def send(self, message: Message) -> None:
        """Pass on one message."""
        self.has_started = True
        await self._send(message)


async def answer_unread(
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    status: int,
    problem: bytes,
    kind: str = PROBLEM_TYPE,
    more: Headers = (),
) -> None:
    """Answer with a problem (RFC 9457), or what a contract has in its place as `kind`.

    The connection is closed once the client could read it.
    """
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(problem)).encode()),
        (b"connection", b"close"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": problem, "more_body": True})
    # A client that waits for "100 Continue" has sent nothing, and now will not.
    if not any(name == b"expect" for name, _ in scope["headers"]):
        with suppress(Exception):  # Whatever ends the body, the answer is out.
            await _discard(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    async with asyncio.timeout(LINGER_S):
        while (await receive()).get("more_body"):
            pass
