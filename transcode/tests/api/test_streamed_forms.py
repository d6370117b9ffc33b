"""A form goes from the wire to its place: on the running platform, with the bytes in our hand."""

import http.client
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.clips import clip
from tests.support.waiting import wait_until
from transcode.models import Video
from transcode.tests.api.conftest import VIDEO, files_below
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)
UPLOAD = f"{VIDEO}/upload"
HEAD = b'--b\r\nContent-Disposition: form-data; name="videoFile"; filename="a.mp4"\r\n\r\n'
NAME = b'\r\n--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nA clip\r\n--b--\r\n'


@pytest.fixture
def form(platform):
    """Return a context that begins a form without saying its length."""

    @contextmanager
    def begin(*headers):
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(platform.url).port)
        connection.putrequest("POST", UPLOAD)
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Transfer-Encoding", "chunked")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        try:
            yield connection
        finally:
            connection.close()

    return begin


def send(connection, data):
    connection.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def staged_bytes():
    folder = storage.root() / storage.STAGING
    return sum(path.stat().st_size for path in folder.glob("incoming-*"))


def test_a_strangers_form_is_refused_before_its_end_and_nothing_is_written(form):
    with form() as connection:
        send(connection, HEAD + b"x" * 100_000)

        answer = connection.getresponse()

        assert (answer.status, answer.headers["Connection"]) == (401, "close")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert staged_bytes() == 0


def test_the_bytes_of_a_form_that_breaks_off_were_stored_as_they_came_and_are_gone(
    form, settings, user, access_token
):
    before = files_below(storage.root())
    with form(("Authorization", f"Bearer {access_token(user)}")) as connection:
        send(connection, HEAD + b"x" * 600_000)
        wait_until(lambda: staged_bytes() > 500_000)

    wait_until(lambda: files_below(storage.root()) == before)
    assert not Video.objects.exists()


def test_a_form_of_unknown_length_becomes_a_video(form, platform, user, access_token):
    token = {"Authorization": f"Bearer {access_token(user)}"}
    with form(*token.items()) as connection:
        send(connection, HEAD)
        content = clip("silent").read_bytes()
        for start in range(0, len(content), 10_000):
            send(connection, content[start : start + 10_000])
        send(connection, NAME)
        connection.send(b"0\r\n\r\n")

        answer = connection.getresponse()

        assert answer.status == 201
    assert staged_bytes() == 0
    video = Video.objects.get()
    assert (video.name, video.size_bytes) == ("A clip", len(content))
    where = f"{platform.url}{answer.headers['Location']}"
    wait_until(lambda: httpx.get(where, headers=token, timeout=180).json()["video"]["thumbnailUrl"])
    httpx.delete(where, headers=token, timeout=180).raise_for_status()
