"""Bodies that are too large get 413 before they are stored, on both servers."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.body_limit import declared_bytes, has_credentials, limit_for
from tests.platform.servers import Server, platform_server, read_all
from tests.support.waiting import wait_until

MIB = 2**20
LIMIT = 3 * MIB
BEARER = "Authorization: Bearer abc\r\n"


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def server(request, tmp_path_factory) -> Iterator[Server]:
    """Return the platform's web process, which takes bodies of 3 MiB."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "tmp").mkdir()
    one = platform_server(
        folder,
        request.param,
        MAX_UPLOAD_SIZE="3 MiB",
        CORE_UPLOAD_MAX_BYTES="1 MiB",
        TMPDIR=str(folder / "tmp"),
        LOG_LEVEL="INFO",
    )
    yield one
    one.close()


def head(headers: str, path: str = "/nothing/here") -> bytes:
    """Return the head of a POST."""
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def status_of(answer: bytes) -> int:
    """Return the status of a raw response."""
    return int(answer.split(b" ", 2)[1])


def send_chunks(client: socket.socket, count: int, size_bytes: int = 2**16) -> None:
    """Send chunks of a body until the server has had enough."""
    chunk = b"%x\r\n%s\r\n" % (size_bytes, b"x" * size_bytes)
    for _ in range(count):
        client.sendall(chunk)


def test_a_declared_length_beyond_the_limit_is_refused_before_a_byte_is_sent(server: Server):
    with server.connect() as client:
        client.sendall(head(f"{BEARER}Content-Length: {LIMIT + 1}\r\n"))
        answer = client.recv(2**16)

    assert status_of(answer) == 413
    header, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in header
    assert b"connection: close" in header.lower()
    assert json.loads(body)["status"] == 413


def test_an_absurd_length_is_refused(server: Server):
    with server.connect() as client:
        client.sendall(head(f"{BEARER}Content-Length: {10**18}\r\n"))

        assert status_of(client.recv(2**16)) == 413


def test_a_client_that_waits_for_100_continue_is_told_413_instead(server: Server):
    with server.connect() as client:
        client.sendall(head(f"{BEARER}Expect: 100-continue\r\nContent-Length: {LIMIT + 1}\r\n"))

        assert status_of(client.recv(2**16)) == 413


def test_a_client_that_waits_for_100_continue_is_told_so_when_it_may_send(server: Server):
    with server.connect() as client:
        client.sendall(head("Expect: 100-continue\r\nContent-Length: 4\r\n"))

        assert client.recv(2**16).startswith(b"HTTP/1.1 100")
        client.sendall(b"body")
        assert status_of(client.recv(2**16)) == 404


def test_without_credentials_a_mebibyte_is_the_limit(server: Server):
    with server.connect() as client:
        client.sendall(head(f"Content-Length: {MIB + 1}\r\n"))

        assert status_of(client.recv(2**16)) == 413


def test_an_empty_session_cookie_is_no_credential(server: Server):
    with server.connect() as client:
        client.sendall(head(f"Cookie: a=b; sessionid=\r\nContent-Length: {MIB + 1}\r\n"))

        assert status_of(client.recv(2**16)) == 413


@pytest.mark.parametrize("credential", [BEARER, "Cookie: a=b; sessionid=abc\r\n"])
def test_with_credentials_more_is_taken(server: Server, credential):
    with server.connect() as client:
        client.sendall(head(f"{credential}Connection: close\r\nContent-Length: {2 * MIB}\r\n"))
        client.sendall(b"x" * 2 * MIB)

        assert status_of(read_all(client)) == 404


def test_a_body_in_chunks_is_counted_and_refused_where_it_passes_the_limit(server: Server):
    with server.connect() as client:
        client.sendall(head("Transfer-Encoding: chunked\r\n"))
        send_chunks(client, count=17)  # 1 MiB and one chunk more

        assert status_of(client.recv(2**16)) == 413


def test_a_client_that_goes_on_sending_still_reads_its_answer(server: Server):
    with server.connect() as client:
        client.sendall(head("Transfer-Encoding: chunked\r\n"))
        send_chunks(client, count=160)  # ten times what may be sent
        client.sendall(b"0\r\n\r\n")

        assert status_of(read_all(client)) == 413


def test_a_body_in_chunks_within_the_limit_is_taken(server: Server):
    with server.connect() as client:
        client.sendall(head("Connection: close\r\nTransfer-Encoding: chunked\r\n"))
        send_chunks(client, count=15)
        client.sendall(b"0\r\n\r\n")

        assert status_of(read_all(client)) == 404


def test_nothing_of_a_refused_body_stays_on_disk(server: Server):
    with server.connect() as client:
        client.sendall(head(f"{BEARER}Transfer-Encoding: chunked\r\n"))
        send_chunks(client, count=60)

        assert status_of(client.recv(2**16)) == 413
    descriptors = Path(f"/proc/{server.process.pid}/fd")
    folder = str(server.log.parent / "tmp")

    def open_spools() -> list[Path]:
        return [fd for fd in descriptors.iterdir() if folder in str(fd.readlink())]

    wait_until(lambda: not open_spools())
    assert list((server.log.parent / "tmp").iterdir()) == []


def test_a_prefix_may_have_a_limit_of_its_own_without_credentials(settings):
    settings.ANONYMOUS_BODY_BYTES = {"/api/v1/runners/": 5 * MIB, "/api/v1/runners/big/": 9 * MIB}

    assert limit_for("/api/v1/runners/x", []) == 5 * MIB
    assert limit_for("/api/v1/runners/big/x", []) == 9 * MIB
    assert limit_for("/api/v1/runner", []) == MIB
    assert limit_for("/x", [(b"authorization", b"Bearer x")]) == settings.MAX_UPLOAD_SIZE_BYTES


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"  ")],
        [(b"cookie", b"session=x")],
        [(b"cookie", b"xsessionid=x; y=sessionid=z")],
        [(b"cookie", b"\xff\xfe; ;=;")],
        [(b"x-authorization", b"Bearer x")],
    ],
)
def test_what_is_no_credential(headers):
    assert not has_credentials(headers)


@pytest.mark.parametrize(
    ("values", "size_bytes"),
    [([], 0), ([b"12"], 12), ([b"-1"], 0), ([b"1e9"], 0), ([b"1", b"7"], 7), ([b"\xb2"], 0)],
)
def test_the_declared_length_is_read_without_trust(values, size_bytes):
    assert declared_bytes([(b"content-length", value) for value in values]) == size_bytes
