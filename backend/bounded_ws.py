"""uvicorn's WebSockets, with an end to what a client may make the server keep.

The largest message is some 64 MiB, so that files fit; a stranger could have the server
keep that much on every socket while it waits for a token. Here a socket is read no
further than `MAX_STRANGER_BYTES` until the application trusts its client. Answers to
pings that the client does not read are left out, and a message has a largest number of
fragments: an empty one costs memory and counts nothing.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from core.realtime.asgi import TRUST_EXTENSION

MAX_STRANGER_BYTES = 2**20
MAX_FRAGMENTS = 2**17


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stranger_bytes: int | None = 0

    def data_received(self, data: bytes) -> None:
        """Take what the client sends; of a stranger so much, and then no more."""
        super().data_received(data)
        if self._stranger_bytes is not None:
            self._stranger_bytes += len(data)
            self._pause_stranger()

    def handle_connect(self, event: Request) -> None:
        """Hand the application what it calls once it knows the client."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[TRUST_EXTENSION] = self._trust

    async def receive(self) -> Any:
        """Give the application the next message; this reads on, which is not for strangers."""
        message = await super().receive()
        self._pause_stranger()
        return message

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
