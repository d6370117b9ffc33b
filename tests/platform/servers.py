"""Web servers of their own: the platform's, or an application that sends without end."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.running import ROOT, free_port
from tests.support.waiting import wait_until

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Server:
    """One server process; `send` it raw requests."""

    def __init__(self, folder: Path, command: list[str], **changes: str) -> None:
        self.port = int(changes.setdefault("PORT", str(free_port())))
        self.log = folder / f"server-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **changes}, stdout=log, stderr=log
            )
        wait_until(self._listens)

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def connect(self, receive_buffer_bytes: int = 0) -> socket.socket:
        """Open a connection; a small buffer makes a slow reader."""
        client = socket.socket()
        if receive_buffer_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        client.settimeout(180)
        client.connect(("127.0.0.1", self.port))
        return client

    def rss_bytes(self) -> int:
        """Return the resident memory of the server process (proc(5), statm)."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE_BYTES

    def text(self) -> str:
        """Return what it has logged."""
        return self.log.read_text(errors="replace")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def platform_server(folder: Path, kind: str, **changes: str) -> Server:
    """Start the platform's own web process on uvicorn or daphne."""
    command = [sys.executable, "-m", "backend.serve"]
    return Server(folder, command, ASGI_SERVER=kind, **changes)


def endless_server(folder: Path, kind: str) -> Server:
    """Start `tests.platform.endless` on uvicorn or daphne, with the platform's settings of it."""
    port = free_port()
    code = (
        "import django; django.setup();"
        f"from backend.asgi_{kind} import run; from tests.platform.endless import application;"
        f"run(application, '127.0.0.1', {port})"
    )
    return Server(folder, [sys.executable, "-c", code], PORT=str(port))


def read_all(client: socket.socket, limit_bytes: int = 2**20) -> bytes:
    """Read until the other side closes."""
    found = b""
    while len(found) < limit_bytes and (part := client.recv(2**16)):
        found += part
    return found
