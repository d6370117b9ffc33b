"""daphne with back-pressure: the other supported server (`ASGI_SERVER=daphne`).

Plain daphne takes whatever the application sends and queues it in memory while the reader
is slow, and it writes a whole body to disk before the application is asked. Here `send`
waits until the transport takes more, and bodies meet the same limits as under uvicorn.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings
from django.db import close_old_connections
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from backend import body_limit
from backend.asgi_uvicorn import PING_EVERY_S
from core.api.unread import LINGER_S, Headers
from core.realtime.asgi import Application

NO_LIMIT = -1
_judges = ThreadPoolExecutor(max_workers=1, thread_name_prefix="body-limit")


@implementer(IPushProducer)
class Flow:
    """Whether a transport takes more; Twisted calls the three methods."""

    def __init__(self) -> None:
        self._is_open = asyncio.Event()
        self._is_open.set()

    def pauseProducing(self) -> None:  # noqa: N802
        """Note that the transport's buffer is full."""
        self._is_open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        """Note that the transport has room."""
        self._is_open.set()

    def stopProducing(self) -> None:  # noqa: N802
        """Note that nobody reads any more: whoever waits goes on, into nothing."""
        self._is_open.set()

    async def until_open(self) -> None:
        """Wait until the transport takes more."""
        await self._is_open.wait()


class Request(WebRequest):  # type: ignore[misc] # daphne has no types
    """A request whose answer waits for its reader, and whose body is limited."""

    refused = False
    received_bytes = 0
    limit_bytes = 0
    path_text = ""
    head: Headers = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.flow = Flow()
        super().__init__(*args, **kwargs)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Send a part of the answer; the first makes the transport tell us when it is full."""
        is_first = message["type"] == "http.response.start" and not self._response_started
        if is_first and self.channel is not None and not self.finished:
            self.registerProducer(self.flow, True)
        super().handle_reply(message)

    def finish(self) -> None:
        """End the answer."""
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """End what waits for a reader that is gone."""
        self.flow.stopProducing()
        super().connectionLost(reason)

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """Judge the declared length, before a byte of the body is stored."""
        raw = self.requestHeaders.getAllRawHeaders()
        headers = self.head = [(name.lower(), value) for name, values in raw for value in values]
        path = self.path_text = self.channel._path.partition(b"?")[0].decode("latin-1")
        self.limit_bytes = body_limit.anonymous_limit(path)
        if body_limit.may_exceed(self.limit_bytes, headers):
            # Twisted wants to know now, and Django reads no database on an event loop.
            self.limit_bytes = _judges.submit(_limit_for, path, headers).result()
        super().gotLength(0 if (length or 0) > self.limit_bytes else length)
        self._judge(length or 0)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Store a part of the body, or throw it away once the request was refused."""
        self.received_bytes += len(data)
        self._judge(self.received_bytes)
        if not self.refused:
            super().handleContentChunk(data)

    def requestReceived(self, *args: bytes) -> None:  # noqa: N802
        """Hand a whole request to the application."""
        if self.refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(*args)

    def _judge(self, size_bytes: int) -> None:
        """Answer 413 past the limit, and read on for a while so that the answer is seen."""
        if self.refused or size_bytes <= self.limit_bytes:
            return
        self.refused = True
        kind, body = body_limit.too_large_body(self.path_text, self.head, self.limit_bytes)
        self.channel.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: %s\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (kind.encode(), len(body), body)
        )
        call_later(LINGER_S, self.channel.transport.loseConnection)


class Socket(WebSocketProtocol):  # type: ignore[misc] # daphne has no types
    """A socket whose `send` waits for its reader."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.flow = Flow()
        super().__init__(*args, **kwargs)

    def onOpen(self) -> None:  # noqa: N802
        """Have the transport tell us when it is full; until now it told the HTTP channel."""
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.flow, True)
        super().onOpen()

    def onClose(self, *args: Any) -> None:  # noqa: N802
        """End what waits for a reader that is gone."""
        self.flow.stopProducing()
        super().onClose(*args)


class RequestFactory(HTTPFactory):  # type: ignore[misc] # daphne has no types
    """Makes our requests."""

    def buildProtocol(self, addr: object) -> object:  # noqa: N802
        """Make the channel of one connection."""
        channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel


class SocketFactory(WebSocketFactory):  # type: ignore[misc] # daphne has no types
    """Makes our sockets."""

    protocol = Socket


class Server(daphne.server.Server):  # type: ignore[misc] # daphne has no types
    """daphne, waiting for slow readers."""

    async def handle_reply(self, protocol: Request | Socket, message: dict[str, Any]) -> None:
        """Send a part of an answer, and wait until the transport takes the next."""
        await super().handle_reply(protocol, message)
        await protocol.flow.until_open()


def _limit_for(path: str, headers: list[tuple[bytes, bytes]]) -> int:
    close_old_connections()
    return body_limit.limit_for(path, headers)


def call_later(delay_s: float, action: Callable[[], None]) -> None:
    """Do something later, on the event loop."""
    asyncio.get_event_loop().call_later(delay_s, action)


def run(application: Application, host: str, port: int) -> None:
    """Serve an application until told to stop."""
    # daphne makes its factories from these names and takes no others.
    daphne.server.HTTPFactory = RequestFactory
    daphne.server.WebSocketFactory = SocketFactory
    largest_bytes = settings.CORE_WS_MAX_MESSAGE_BYTES + settings.ENVELOPE_BYTES
    interface = host.replace(":", r"\:")
    Server(
        application,
        endpoints=[f"tcp:port={port}:interface={interface}"],
        ping_interval=PING_EVERY_S,
        ping_timeout=PING_EVERY_S,
        websocket_timeout=NO_LIMIT,
        websocket_max_message_size=largest_bytes,
        websocket_max_frame_size=largest_bytes,
        server_name="",
    ).run()


def serve() -> None:
    """Serve the platform until told to stop."""
    from backend.asgi import application

    run(application, settings.HOST, settings.PORT)
