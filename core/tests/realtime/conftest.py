"""Sockets against a live server."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support import waiting

PATIENCE_S = 180.0


def wait_for_port(port: int) -> None:
    """Wait until somebody listens on a port of 127.0.0.1."""

    def answers() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    waiting.wait_until(answers)


class Client:
    """A WebSocket client that speaks JSON and remembers how it ended."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    @property
    def subprotocol(self) -> str | None:
        return self.connection.subprotocol

    def send(self, frame: Any) -> None:
        self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def receive(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """Return the next frame."""
        return json.loads(self.connection.recv(timeout=timeout_s))

    def ask(self, frame: Any) -> dict[str, Any]:
        """Send a frame and return the next one."""
        self.send(frame)
        return self.receive()

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first frame that is wanted."""
        while True:
            frame = self.receive()
            if wanted(frame):
                return frame

    def rest(self) -> list[dict[str, Any]]:
        """Return what comes before the server closes the socket."""
        frames = []
        try:
            while True:
                frames.append(self.receive())
        except ConnectionClosed:
            return frames

    def close_code(self) -> int:
        """Return the code with which the server closes the socket."""
        self.rest()
        return self.connection.close_code or 0


@pytest.fixture
def open_socket(platform) -> Iterator[Callable[..., Client]]:
    """Return the function that opens sockets at a path, e.g. `/ws/jobs/?token=…`."""
    with ExitStack() as stack:

        def open_one(path: str, *, base: str = "", **options: Any) -> Client:
            address = (base or platform.ws_url) + path
            options = {"compression": None, "max_size": None, "ping_interval": None, **options}
            return Client(stack.enter_context(connect(address, **options)))

        yield open_one


@pytest.fixture
def jobs_socket(open_socket, user, access_token) -> Client:
    """Return a socket of `user`'s jobs."""
    return open_socket(f"/ws/jobs/?token={access_token(user)}")


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """Return the function that waits for something to become true."""
    return waiting.wait_until
