"""Bodies that are too large get 413 before they are stored, on both servers."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from backend.body_limit import declared_bytes, has_credentials, limit_for
from tests.platform.servers import Server, platform_server, read_all
from tests.support.waiting import wait_until

MIB = 2**20
LIMIT = 3 * MIB


def expired() -> AccessToken:
    """Return a token that was good once."""
    token = AccessToken()
    token.set_exp(lifetime=timedelta(seconds=-1))
    return token


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


@pytest.fixture(scope="module")
def bearer() -> str:
    """Return the header of somebody who has a token; whose it was is not asked here."""
    return f"Authorization: Bearer {AccessToken()}\r\n"


def head(headers: str, path: str = "/nothing/here") -> bytes:
    """Return the head of a POST."""
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def read_until(client: socket.socket, end: bytes) -> bytes:
    """Read an answer that ends in something known; the connection stays open behind it."""
    found = b""
    while not found.endswith(end) and (part := client.recv(2**16)):
        found += part
    return found


def status_of(answer: bytes) -> int:
    """Return the status of a raw response."""
    return int(answer.split(b" ", 2)[1])


def send_chunks(client: socket.socket, count: int, size_bytes: int = 2**16) -> None:
    """Send chunks of a body until the server has had enough."""
    chunk = b"%x\r\n%s\r\n" % (size_bytes, b"x" * size_bytes)
    for _ in range(count):
        client.sendall(chunk)


def test_a_declared_length_beyond_the_limit_is_refused_before_a_byte_is_sent(
    server: Server, bearer
):
    with server.connect() as client:
        client.sendall(head(f"{bearer}Content-Length: {LIMIT + 1}\r\n"))
        answer = read_until(client, b"}")

    assert status_of(answer) == 413
    header, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in header
    assert b"connection: close" in header.lower()
    assert json.loads(body)["status"] == 413


@pytest.mark.parametrize(
    "path", ["/api/v1/compress/", "/api/v1/custom", "/api/v1/requests/x/retry/"]
)
def test_the_media_api_says_it_in_its_own_words(server: Server, path):
    kind = "Content-Type: application/json\r\n"
    with server.connect() as client:
        client.sendall(head(f"{kind}Content-Length: {MIB + 1}\r\n", path))
        header, _, body = read_until(client, b"}").partition(b"\r\n\r\n")
    with server.connect() as client:
        client.sendall(head(f"{kind}Transfer-Encoding: chunked\r\n", path))
        with suppress(OSError):
            send_chunks(client, 17)
        grown = read_until(client, b"}")

    assert status_of(header) == status_of(grown) == 413
    assert b"content-type: application/json" in header.lower()
    assert json.loads(body) == {"detail": "File too large"}
    assert json.loads(grown.partition(b"\r\n\r\n")[2]) == {"detail": "File too large"}


@pytest.mark.parametrize(
    ("path", "kind", "field"),
    [
        ("/api/v1/core/uploads/", "multipart/form-data; boundary=X", "image_file"),
        ("/api/v1/core/uploads/", "Application/JSON", "image_base64"),
        ("/api/v1/core/uploads/", "text/plain", "__all__"),
        ("/api/v1/core/uploads/x/question/", "application/json", "__all__"),
        ("/api/v1/users/login/", "application/json", "__all__"),
    ],
)
def test_core_names_the_field_that_is_too_long(server: Server, path, kind, field):
    head_of = f"Content-Type: {kind}\r\nContent-Length: {MIB + 1}\r\n"
    with server.connect() as client:
        client.sendall(head(head_of, path))
        header, _, body = read_until(client, b"}").partition(b"\r\n\r\n")

    assert status_of(header) == 413
    assert b"content-type: application/json" in header.lower()
    answer = json.loads(body)
    assert set(answer["errors"]) == {field}
    assert str(MIB) in answer["errors"][field][0]
    assert answer.get("code") == ("too_large" if "/core/" in path else None)


def test_an_absurd_length_is_refused(server: Server, bearer):
    with server.connect() as client:
        client.sendall(head(f"{bearer}Content-Length: {10**18}\r\n"))

        assert status_of(client.recv(2**16)) == 413


def test_a_client_that_waits_for_100_continue_is_told_413_instead(server: Server, bearer):
    with server.connect() as client:
        client.sendall(head(f"{bearer}Expect: 100-continue\r\nContent-Length: {LIMIT + 1}\r\n"))

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


def test_with_credentials_more_is_taken(server: Server, bearer):
    with server.connect() as client:
        client.sendall(head(f"{bearer}Connection: close\r\nContent-Length: {2 * MIB}\r\n"))
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


def test_nothing_of_a_refused_body_stays_on_disk(server: Server, bearer):
    with server.connect() as client:
        client.sendall(head(f"{bearer}Transfer-Encoding: chunked\r\n"))
        send_chunks(client, count=60)

        assert status_of(client.recv(2**16)) == 413
    descriptors = Path(f"/proc/{server.process.pid}/fd")
    folder = str(server.log.parent / "tmp")

    def open_spools() -> list[str]:
        opened = []
        for descriptor in descriptors.iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                opened.append(str(descriptor.readlink()))
        return [name for name in opened if folder in name]

    wait_until(lambda: not open_spools())
    assert list((server.log.parent / "tmp").iterdir()) == []


def test_a_prefix_may_have_a_limit_of_its_own_without_credentials(settings):
    settings.ANONYMOUS_BODY_BYTES = {"/api/v1/runners/": 5 * MIB, "/api/v1/runners/big/": 9 * MIB}

    assert limit_for("/api/v1/runners/x", []) == 5 * MIB
    assert limit_for("/api/v1/runners/big/x", []) == 9 * MIB
    assert limit_for("/api/v1/runner", []) == MIB


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"  ")],
        [(b"cookie", b"session=x")],
        [(b"cookie", b"xsessionid=x; y=sessionid=z")],
        [(b"cookie", b"\xff\xfe; ;=;")],
        [(b"x-authorization", b"Bearer " + str(AccessToken()).encode())],
        [(b"authorization", b"Bearer x")],
        [(b"authorization", b"Bearer " + b"." * 10**6)],
        [(b"authorization", b"Bearer \xff\xfe")],
        [(b"authorization", b"Basic " + str(AccessToken()).encode())],
        [(b"authorization", b"Bearer " + str(RefreshToken()).encode())],
        [(b"authorization", b"Bearer " + str(AccessToken()).encode() + b"x")],
        [(b"authorization", b"Bearer " + str(expired()).encode())],
        [(b"cookie", b"sessionid=" + b"a" * 32)],
        [(b"cookie", b"sessionid=" + b"a" * 10**6)],
        [(b"cookie", b"sessionid='; drop table core_user; --")],
        [(b"cookie", b"sessionid=\xff")],
    ],
)
def test_what_is_no_credential(db, headers):
    assert not has_credentials(headers)


def test_a_session_that_has_run_out_is_no_credential(db):
    session = SessionStore()
    session.set_expiry(-1)
    session.create()

    assert not has_credentials([(b"cookie", f"sessionid={session.session_key}".encode())])


def test_a_live_session_and_a_token_are_credentials(db):
    session = SessionStore()
    session.create()

    assert has_credentials([(b"cookie", f"a=b; sessionid={session.session_key}".encode())])
    assert has_credentials([(b"authorization", b"bearer " + str(AccessToken()).encode())])


def test_with_credentials_files_may_be_larger_than_other_bodies(settings):
    settings.MAX_BODY_BYTES, settings.BODY_BYTES = 2 * MIB, {"/files/": 9 * MIB}
    headers = [(b"authorization", b"Bearer " + str(AccessToken()).encode())]

    assert limit_for("/x", headers) == 2 * MIB
    assert limit_for("/files/x", headers) == 9 * MIB
    assert limit_for("/files/x", []) == MIB


def test_no_limit_is_above_that_of_every_body(settings):
    assert settings.MAX_BODY_BYTES <= settings.MAX_UPLOAD_SIZE_BYTES
    assert max(settings.BODY_BYTES.values()) <= settings.MAX_UPLOAD_SIZE_BYTES


@pytest.mark.parametrize(
    ("values", "size_bytes"),
    [([], 0), ([b"12"], 12), ([b"-1"], 0), ([b"1e9"], 0), ([b"1", b"7"], 7), ([b"\xb2"], 0)],
)
def test_the_declared_length_is_read_without_trust(values, size_bytes):
    assert declared_bytes([(b"content-length", value) for value in values]) == size_bytes
