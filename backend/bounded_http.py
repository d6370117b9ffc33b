"""uvicorn's HTTP/1.1, with an end to what a client may begin and never finish.

uvicorn keeps a header in memory however long it grows, copying it with every read, and
waits for ever for a client that has connected and says nothing more. Here a head has a
largest size, and a connection on which the client owes something is closed in the end.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# What is told by then is looked at first, so that a little more may have been read.
MAX_HEAD_BYTES = 64 * 1024
# For a whole head, and between two pieces of a body.
PATIENCE_S = 60.0
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._moved_at = self.loop.time()
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._moved()
        self._look_later()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends, unless it is a head or a trailer without end."""
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse()
            return
        self._head_bytes += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Note that the head has come; what it leads to answers it."""
        self._moved()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._moved()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the client owes nothing now."""
        self._moved()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self._moved()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to another protocol."""
        self._stop_looking()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_looking()
        super().connection_lost(exc)

    def _moved(self) -> None:
        self._moved_at = self.loop.time()
        self._head_bytes = 0

    def _refuse(self) -> None:
        if not self._is_answering():
            self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_ours_to_move(self) -> bool:
        """Return whether the client waits for us: for an answer, or for room to send."""
        if self.flow.read_paused:
            return True
        return self._is_answering() and not self.cycle.more_body

    def _look_later(self) -> None:
        due = max(self._moved_at, self.loop.time() - PATIENCE_S) + PATIENCE_S
        self._watch = self.loop.call_at(due, self._look)

    def _look(self) -> None:
        if self._is_ours_to_move():
            self._moved()
        if self.loop.time() - self._moved_at < PATIENCE_S:
            self._look_later()
        else:
            self.transport.close()

    def _stop_looking(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
