"""A TCP proxy that lets something happen before the server hears a certain word."""

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

_PIECE_BYTES = 65536


class GoBetween:
    """Passes on what clients send; `before(piece)` is called with each piece, ahead of it."""

    def __init__(self, url: str, before: Callable[[bytes], None]) -> None:
        self._server = (urlsplit(url).hostname, urlsplit(url).port)
        self._before = before
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                for ways in ((client, server, self._before), (server, client, None)):
                    threading.Thread(target=_pass_on, args=ways, daemon=True).start()


def _pass_on(
    source: socket.socket, target: socket.socket, before: Callable[[bytes], None] | None
) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE_BYTES):
            if before is not None:
                before(piece)
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
