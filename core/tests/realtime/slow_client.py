"""A client that reads only when it is told to."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
NO_MASK = bytes(4)


class SlowClient:
    """A raw WebSocket client with a small buffer (RFC 6455, 5.2)."""

    def __init__(self, url: str, path: str) -> None:
        address = urlsplit(url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((address.hostname, address.port))
        self.socket.sendall(HANDSHAKE.format(path=path, host=address.netloc).encode())
        self.socket.settimeout(180)
        self.buffer = bytearray()
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(100)
        del self.buffer[: self.buffer.index(b"\r\n\r\n") + 4]

    def send(self, frame: dict[str, Any]) -> None:
        """Send a command of at most 125 bytes."""
        payload = json.dumps(frame).encode()
        self.socket.sendall(bytes([0x81, 0x80 | len(payload)]) + NO_MASK + payload)

    def take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            data = self.socket.recv(65536)
            assert data, "the server closed the connection without a close frame"
            self.buffer += data
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def frames(self) -> Iterator[Any]:
        """Yield decoded text frames; at a close frame its code, and then end."""
        while True:
            head = self.take(2)
            length = head[1] & 127
            if length >= 126:
                length = int.from_bytes(self.take(2 if length == 126 else 8), "big")
            payload = self.take(length)
            if head[0] & 15 == 8:
                yield int.from_bytes(payload[:2], "big")
                return
            if head[0] & 15 == 1:
                yield json.loads(payload)
