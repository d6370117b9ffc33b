"""Requests that are begun and never finished cost neither memory nor a place for ever."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.bounded_http import MAX_HEAD_BYTES
from tests.platform.servers import Server, read_all
from tests.support.running import free_port
from tests.support.waiting import wait_until

MIB = 2**20
PATIENCE_S = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """Return a server like the platform's, whose patience is short."""
    port = free_port()
    code = (
        "import django; django.setup();"
        f"from backend import bounded_http; bounded_http.PATIENCE_S = {PATIENCE_S};"
        "from backend.asgi_uvicorn import run; from backend.asgi import application;"
        f"run(application, '127.0.0.1', {port})"
    )
    command = [sys.executable, "-c", code]
    one = Server(tmp_path_factory.mktemp("endless"), command, PORT=str(port))
    yield one
    one.close()


def send_until_closed(client: socket.socket, part: bytes, count: int) -> bool:
    """Send a part again and again; return whether the server had enough of it."""
    try:
        for _ in range(count):
            client.sendall(part)
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    ("beginning", "part"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ", b"a" * 2**16),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-", b"a" * 2**16),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", b"A: b\r\n" * 2**13),
    ],
    ids=["value", "name", "many"],
)
def test_a_head_without_end_is_refused_in_flat_memory(server: Server, beginning, part):
    before = server.rss_bytes()

    with server.connect() as client:
        client.sendall(beginning)
        assert send_until_closed(client, part, count=64 * MIB // len(part))

    assert server.rss_bytes() - before < 16 * MIB


def test_a_head_that_is_too_large_is_answered_431(server: Server):
    with server.connect() as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        client.sendall(b"a" * MAX_HEAD_BYTES)
        wait_until(lambda: not has_unread(client, server))
        client.sendall(b"a")

        assert client.recv(2**16).startswith(b"HTTP/1.1 431 ")


def has_unread(client: socket.socket, server: Server) -> bool:
    """Return whether the server has yet to read what was sent (proc(5), net/tcp)."""
    own = f":{client.getsockname()[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[2].endswith(own) and row[4].split(":")[1] != "00000000" for row in rows)


def test_a_trailer_without_end_is_refused_in_flat_memory(server: Server):
    before = server.rss_bytes()

    with server.connect() as client:
        client.sendall(
            b"POST /api/v1/users/login/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
        )
        assert send_until_closed(client, b"A: b\r\n" * 2**13, count=1024)

    assert server.rss_bytes() - before < 16 * MIB


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"\r\n",
        b"GET /healthz HT",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /api/v1/users/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
        b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n9",
    ],
    ids=["nothing", "blank", "line", "head", "body", "chunk"],
)
def test_a_client_that_stops_in_the_middle_is_let_go(server: Server, beginning):
    with server.connect() as client:
        client.sendall(beginning)

        assert not client.recv(1)


def test_a_head_that_trickles_in_is_not_waited_for_for_ever(server: Server):
    with server.connect() as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        client.settimeout(0.2)

        def is_closed() -> bool:
            try:
                client.sendall(b"A: b\r\n")
                return not client.recv(1)
            except TimeoutError:
                return False
            except OSError:
                return True

        wait_until(is_closed)


def test_a_body_that_keeps_coming_is_waited_for(server: Server):
    pieces = 8
    with server.connect() as client:
        head = b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        client.sendall(head + b"Content-Length: %d\r\n\r\n" % pieces)
        client.settimeout(PATIENCE_S / 4)
        for _ in range(pieces - 1):  # In all it takes longer than the server's patience.
            client.sendall(b"x")
            with pytest.raises(TimeoutError):
                client.recv(1)
        client.settimeout(180)
        client.sendall(b"x")

        assert b" 404 " in read_all(client).split(b"\r\n")[0]


def test_requests_behind_each_other_are_all_answered(server: Server):
    padding = b"X-Padding: " + b"a" * (MAX_HEAD_BYTES // 2) + b"\r\n"
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + padding
    with server.connect() as client:
        client.sendall((request + b"\r\n") * 9 + request + b"Connection: close\r\n\r\n")

        assert read_all(client).count(b"HTTP/1.1 200 OK") == 10
