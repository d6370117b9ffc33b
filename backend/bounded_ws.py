"""uvicorn's WebSockets, with an end to what clients may make the server keep.

The largest message is some 64 MiB, so that files fit; a stranger could have the server
keep that much on every socket while it waits for a token. Here a socket is read no
further than `MAX_STRANGER_BYTES` until the application trusts its client, and what all
messages together may hold has an end too (`CORE_WS_INFLIGHT_BYTES`). Answers to pings that
the client does not read are left out, and a message has a largest number of fragments: an
empty one costs memory and counts nothing.
"""

import logging
from asyncio import Task
from collections.abc import Generator
from typing import Any

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from core.realtime.asgi import OVERFLOW_MESSAGE, TRUST_EXTENSION

MAX_STRANGER_BYTES = 2**20
MAX_FRAGMENTS = 2**17
# A message that is smaller is taken whatever others hold.
LARGE_BYTES = 2**16
# For the last words of a client that was sending more than there is room for.
LINGER_S = 2.0


class Budget:
    """What the messages of all sockets of this process hold, from their first byte until the
    application asks for the next one.
    """

    def __init__(self) -> None:
        self.held_bytes = 0

    def is_exceeded(self) -> bool:
        """Return whether the messages hold more than they may together."""
        return self.held_bytes > int(settings.CORE_WS_INFLIGHT_BYTES)


budget = Budget()


class FrugalReader(StreamReader):
    """The library's buffer, which hands a large frame out without copying it.

    Copying 60 MiB takes tens of milliseconds, in which no other socket is served.
    """

    def read_exact(self, n: int) -> Generator[None, None, bytearray]:
        """Read `n` bytes. Raises: `EOFError`."""
        while len(self.buffer) < n and not self.eof:
            yield
        if 2 * n < len(self.buffer) or len(self.buffer) < n:
            return (yield from super().read_exact(n))
        taken, self.buffer = self.buffer, self.buffer[n:]
        del taken[n:]
        return taken


class FrugalProtocol(ServerProtocol):
    """The library's protocol with that buffer."""

    def parse(self) -> Generator[None]:
        """Parse what comes; this is begun before anything has come."""
        self.reader = FrugalReader()
        yield from super().parse()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        logger = logging.getLogger("uvicorn.error")
        self.conn = FrugalProtocol(max_size=self.config.ws_max_size, logger=logger)
        self._stranger_bytes: int | None = 0
        self._held_bytes = 0
        self._is_overflown = False
        self._is_served = True

    def data_received(self, data: bytes) -> None:
        """Take what the client sends; of a stranger so much, and then no more."""
        if self._is_overflown:
            return
        super().data_received(data)
        if self._stranger_bytes is not None:
            self._stranger_bytes += len(data)
            self._pause_stranger()
        else:
            self._hold(len(data))

    def handle_connect(self, event: Request) -> None:
        """Hand the application what it calls once it knows the client."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[TRUST_EXTENSION] = self._trust

    async def receive(self) -> Any:
        """Give the application the next message; this reads on, which is not for strangers."""
        if self.queue.empty():
            self._let_go()
        message = await super().receive()
        self._pause_stranger()
        return message

    def on_task_complete(self, task: "Task[None]") -> None:
        """Count no longer what the application held."""
        self._is_served = False
        self._let_go()
        super().on_task_complete(task)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no longer what came after the application had ended; else it still holds it."""
        super().connection_lost(exc)
        if not self._is_served:
            self._let_go()

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment."""
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
            return
        self.frames = []
        self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
        self.handle_parser_exception()

    def handle_ping(self) -> None:
        """Answer a ping, unless the client does not read (RFC 6455, 5.5.3: the newest will do)."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def _trust(self) -> None:
        is_held = self._has_said_too_much()
        self._stranger_bytes = None
        if is_held and not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def _has_said_too_much(self) -> bool:
        return self._stranger_bytes is not None and self._stranger_bytes > MAX_STRANGER_BYTES

    def _pause_stranger(self) -> None:
        if self._has_said_too_much() and not self.transport.is_closing():
            self.transport.pause_reading()

    def _hold(self, size_bytes: int) -> None:
        """Count what came; a large message for which there is no room is thrown away."""
        self._held_bytes += size_bytes
        budget.held_bytes += size_bytes
        if self._held_bytes > LARGE_BYTES and budget.is_exceeded() and self.queue.empty():
            self._is_overflown = True
            self.close_timeout = LINGER_S
            self.frames = []
            self.conn.reader.discard()
            self._let_go()
            overflow: Any = {"type": OVERFLOW_MESSAGE}  # None of the types of ASGI.
            self.queue.put_nowait(overflow)

    def _let_go(self) -> None:
        budget.held_bytes -= self._held_bytes
        self._held_bytes = 0
