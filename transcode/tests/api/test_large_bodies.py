"""Files: four of an account at a time, whatever their size, and a full disk is said so."""

import http.client
import json
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from django.test import Client

from tests.support.fixtures import client_of
from tests.support.running import free_port
from tests.support.waiting import wait_until
from transcode.api.asgi import AT_ONCE, LARGE_BYTES, VideoUploads, account_id, is_counted
from transcode.models import Video
from transcode.tests.api.conftest import VIDEO

pytestmark = pytest.mark.django_db(transaction=True)
UPLOAD = f"{VIDEO}/upload"


@pytest.fixture
def begin(platform):
    """Return a function that begins a large upload as somebody, and does not end it."""
    with ExitStack() as stack:

        def start(token):
            connection = http.client.HTTPConnection("127.0.0.1", urlsplit(platform.url).port)
            stack.callback(connection.close)
            connection.putrequest("POST", UPLOAD)
            connection.putheader("Authorization", f"Bearer {token}")
            connection.putheader("Content-Type", "multipart/form-data; boundary=b")
            connection.putheader("Content-Length", str(4 * LARGE_BYTES))
            connection.endheaders(b"--b\r\n")
            return connection

        yield start


def send(platform, token, size_bytes=2 * LARGE_BYTES):
    return httpx.post(
        f"{platform.url}{UPLOAD}",
        headers={"Authorization": f"Bearer {token}"},
        data={"name": "x"},
        files={"videoFile": ("x.mp4", b"\0" * size_bytes)},
        timeout=180,
    )


def test_a_fifth_file_of_an_account_is_429_until_another_has_ended(
    platform, begin, user, other_user, access_token
):
    token = access_token(user)
    begun = [begin(token) for _ in range(AT_ONCE)]
    wait_until(lambda: send(platform, token).status_code == 429)

    answer = send(platform, token)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "throttled"
    assert send(platform, access_token(other_user)).status_code == 400
    assert send(platform, token, size_bytes=1000).status_code == 429
    begun[0].close()
    wait_until(lambda: send(platform, token).status_code == 400)
    assert not Video.objects.exists()


async def keeps_on_a_full_disk(_scope, receive, _send):
    """Store a body where the kernel has no room (full(4))."""
    with Path("/dev/full").open("wb", buffering=0) as disk:
        disk.write((await receive())["body"])


async def fails_otherwise(_scope, _receive, _send):
    """Read a file that is not there."""
    Path("/nothing/here").read_bytes()


async def answers_of(application, path=UPLOAD):
    length = str(2 * LARGE_BYTES).encode()
    headers = [(b"content-length", length)]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"body", "more_body": False}

    async def send_on(message):
        sent.append(message)

    await VideoUploads(application)(scope, receive, send_on)
    return sent


async def test_a_body_for_which_the_disk_has_no_room_is_507():
    start, *bodies = await answers_of(keeps_on_a_full_disk)

    body = json.loads(b"".join(each["body"] for each in bodies))
    assert start["status"] == body["status"] == 507
    assert body["code"] == "no_space"


async def test_other_failures_are_not_hidden():
    with pytest.raises(FileNotFoundError):
        await answers_of(fails_otherwise)


async def test_other_addresses_are_let_through():
    with pytest.raises(OSError, match="No space left"):
        await answers_of(keeps_on_a_full_disk, "/api/v1/core/uploads/")


@pytest.mark.parametrize(
    ("headers", "is_so"),
    [
        ([], False),
        ([(b"content-length", b"1048576")], False),
        ([(b"content-length", b"1048577")], True),
        ([(b"content-length", b"x")], False),
        ([(b"transfer-encoding", b"chunked")], True),
    ],
)
def test_what_is_large_or_does_not_say_is_counted(headers, is_so):
    put = {"type": "http", "method": "PUT", "path": UPLOAD, "headers": headers}

    assert is_counted(put) is is_so
    assert not is_counted({**put, "path": "/api/v1/jobs/"})
    assert not is_counted({**put, "type": "websocket"})


@pytest.mark.parametrize("slash", ["", "/"])
def test_what_has_a_file_looked_at_is_counted_whatever_its_size(slash):
    ask = {"type": "http", "method": "POST", "headers": [(b"content-length", b"9")]}

    for path in ("upload", "transcode", f"{uuid4()}/studio"):
        assert is_counted({**ask, "path": f"{VIDEO}/{path}{slash}"})
        assert not is_counted({**ask, "path": f"{VIDEO}/{path}{slash}", "method": "GET"})
    for path in ("live", f"{uuid4()}/transcode", f"{uuid4()}/cancel"):
        assert not is_counted({**ask, "path": f"{VIDEO}/{path}{slash}"})


def test_an_account_is_known_by_its_token_and_by_its_session(user, access_token):
    browser = Client()
    browser.force_login(user)
    cookie = f"sessionid={browser.cookies['sessionid'].value}; x=y".encode()

    assert account_id([(b"authorization", f"Bearer {access_token(user)}".encode())]) == str(user.pk)
    assert account_id([(b"cookie", cookie)]) == str(user.pk)


@pytest.mark.parametrize(
    "header",
    [
        (b"authorization", b"Bearer x"),
        (b"authorization", b"Bearer \xff\xfe"),
        (b"authorization", b"Basic eA=="),
        (b"cookie", b"sessionid=nobodys"),
        (b"cookie", b"sessionid=../../x"),
        (b"cookie", b"sessionid=" + b"x" * 5000),
        (b"cookie", b"\xff=\xff; \0"),
        (b"cookie", b'sessionid="\\000"'),
        (b"x", b"y"),
    ],
)
def test_nobody_is_known_by_anything_else(header):
    assert account_id([header]) == ""


def test_nothing_changes_for_those_who_send_little(user, access_token):
    assert client_of(user, access_token).get(VIDEO).status_code == 200


def test_more_than_the_largest_upload_is_413(platform, user, access_token):
    port = free_port()
    web = platform.start_web(port, MAX_UPLOAD_SIZE="1500000")
    platform.wait_for_web(port)

    answer = httpx.post(
        f"http://127.0.0.1:{port}{UPLOAD}",
        headers={"Authorization": f"Bearer {access_token(user)}"},
        files={"videoFile": ("x.mp4", b"\0" * 2 * LARGE_BYTES)},
        timeout=180,
    )

    web.stop()
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
