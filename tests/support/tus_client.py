"""A small and strict tus 1.0.0 client: every answer is held against the protocol."""

import base64
import contextlib
import hashlib
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

TUS = "/api/v1/tus/"
CHUNK = "application/offset+octet-stream"


def metadata(**pairs: str) -> str:
    """Return `Upload-Metadata` of some texts."""
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items()
    )


def checksum(content: bytes, algorithm: str = "sha1") -> str:
    """Return `Upload-Checksum` of some bytes."""
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


@dataclass
class TusClient:
    """One account's client of a running server."""

    url: str
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mine = {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0", **self.headers}
        self.http = httpx.Client(base_url=self.url, headers=mine, timeout=180)

    def send(self, method: str, path: str = TUS, **more) -> httpx.Response:
        """Send one request; the answer must carry the protocol's version."""
        answer = self.http.request(method, path, **more)
        assert answer.headers.get("Tus-Resumable") == "1.0.0", (answer.status_code, answer.text)
        return answer

    def create(
        self, length: int, content: bytes = b"", headers: dict[str, str] | None = None, **meta: str
    ) -> httpx.Response:
        """Ask for an upload, with its first bytes if there are any."""
        sent = {"Upload-Length": str(length), "Upload-Metadata": metadata(**meta)}
        if content:
            sent["Content-Type"] = CHUNK
        return self.send("POST", content=content, headers={**sent, **(headers or {})})

    def made(self, length: int, **meta: str) -> str:
        """Make an upload and return its address."""
        answer = self.create(length, **meta)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Upload-Offset"] == "0" or length == 0
        return answer.headers["Location"]

    def patch(
        self,
        where: str,
        content: bytes | Iterable[bytes],
        offset: int = 0,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a chunk; a success must name the new offset."""
        sent = {"Content-Type": CHUNK, "Upload-Offset": str(offset), **(headers or {})}
        answer = self.send("PATCH", where, content=content, headers=sent)
        if answer.status_code < 300:
            assert answer.status_code == 204
            if isinstance(content, bytes):
                assert answer.headers["Upload-Offset"] == str(offset + len(content))
        return answer

    def head(self, where: str) -> httpx.Response:
        """Ask where an upload is; a success says so, and is not to be cached."""
        answer = self.send("HEAD", where)
        if answer.status_code < 300:
            assert answer.headers["Cache-Control"] == "no-store"
            assert int(answer.headers["Upload-Offset"]) <= int(answer.headers["Upload-Length"])
        return answer

    def offset(self, where: str) -> int:
        """Return how many bytes the server has."""
        answer = self.head(where)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    @contextlib.contextmanager
    def patching(
        self,
        where: str,
        length: int | None,
        offset: int = 0,
        headers: dict[str, str] | None = None,
    ) -> Iterator["Wire"]:
        """Begin a PATCH by hand: its bytes are the test's to send, or not."""
        address = urlsplit(self.url)
        wire = Wire(socket.create_connection((address.hostname, address.port), 30))
        body = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": length}
        head = {
            "Host": address.netloc,
            "Authorization": f"Bearer {self.token}",
            "Tus-Resumable": "1.0.0",
            "Content-Type": CHUNK,
            "Upload-Offset": offset,
            **body,
            **(headers or {}),
        }
        lines = [f"PATCH {where} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        try:
            wire.send("\r\n".join([*lines, "", ""]).encode())
            yield wire
        finally:
            wire.close()


class Wire:
    """An open connection with a request on it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self._connection.sendall(content)

    def close(self) -> None:
        """Break the connection off."""
        self._connection.close()

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (lower case) and body of the answer to come."""
        raw = b""
        while b"\r\n\r\n" not in raw:
            piece = self._connection.recv(65536)
            assert piece, f"the connection closed after {raw!r}"
            raw += piece
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        while len(body) < int(headers.get("content-length", 0)):
            body += self._connection.recv(65536)
        return int(first.split()[1]), headers, body
