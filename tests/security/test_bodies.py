"""Bodies that fill a disk or the memory, by strangers and by users."""

import http.client
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from tests.platform.servers import PAGE_BYTES

MIB = 2**20
UPLOADS = "/api/v1/core/uploads/"


def refused_length(platform, path: str, size_bytes: int, **headers: str) -> int:
    """Announce a body, send none of it, and return the status of the answer."""
    address = urlsplit(platform.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=180)
    connection.putrequest("POST", path)
    for name, value in {**headers, "Content-Length": str(size_bytes), "Expect": "x"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "x"},
        {"Authorization": "Bearer x.y.z"},
        {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"},
    ],
    ids=["nothing", "word", "forged", "cookie"],
)
def test_a_stranger_with_invented_credentials_gets_no_room_on_the_disk(platform, header):
    assert refused_length(platform, UPLOADS, MIB + 1, **header) == 413


@pytest.mark.parametrize("path", ["/api/v1/jobs/", "/login/", "/nothing/", "/admin/"])
def test_a_user_gets_room_only_where_files_are_taken(platform, user, access_token, path):
    bearer = {"Authorization": f"Bearer {access_token(user)}"}

    assert refused_length(platform, path, settings.MAX_BODY_BYTES + 1, **bearer) == 413


def test_an_upload_beyond_its_limit_is_refused_before_it_is_stored(platform, user, access_token):
    bearer = {"Authorization": f"Bearer {access_token(user)}"}
    limit = settings.BODY_BYTES[UPLOADS]

    assert refused_length(platform, UPLOADS, limit + 1, **bearer) == 413


def test_a_live_session_may_send_a_large_body(platform):
    session = SessionStore()
    session.create()
    address = urlsplit(platform.url)

    with socket.create_connection((address.hostname, address.port), timeout=180) as client:
        client.sendall(
            f"POST {UPLOADS} HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session.session_key}"
            f"\r\nExpect: 100-continue\r\nContent-Length: {2 * MIB}\r\n\r\n".encode()
        )

        assert client.recv(2**16).startswith(b"HTTP/1.1 100")


def field_of(size_bytes: int) -> bytes:
    """Return a form whose one field is no file, and long."""
    head = b'--X\r\nContent-Disposition: form-data; name="filename"\r\n\r\n'
    return head + b"a" * size_bytes + b"\r\n--X--\r\n"


@pytest.mark.parametrize("size_bytes", [9 * MIB, 60 * MIB])
def test_a_long_field_of_a_form_is_refused_in_flat_memory(platform, user, access_token, size_bytes):
    statm = Path(f"/proc/{platform.web.pid}/statm")
    before = resident_bytes(statm)

    answer = httpx.post(
        platform.url + UPLOADS,
        content=field_of(size_bytes),
        headers={
            "Authorization": f"Bearer {access_token(user)}",
            "Content-Type": "multipart/form-data; boundary=X",
        },
        timeout=180,
    )

    assert answer.status_code == 413
    assert resident_bytes(statm) - before < 40 * MIB


def resident_bytes(statm: Path) -> int:
    return int(statm.read_text().split()[1]) * PAGE_BYTES
