"""What the tests of the video API share: clients, clips in forms, and nobody who encodes them."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.support.clips import clip
from tests.support.fixtures import client_of
from transcode.tests.videos.conftest import create, staged, videos

__all__ = ["create", "staged", "videos"]

VIDEO = "/api/v1/video"


@pytest.fixture(autouse=True)
def by_hand(request, settings):
    """Keep the jobs that a test makes from workers that other tests have started."""
    if "platform" not in request.fixturenames:
        settings.TRANSCODE_LOCAL_WORKERS = "off"


@pytest.fixture
def other_api(other_user, access_token):
    """Return a client of another user."""
    return client_of(other_user, access_token)


@pytest.fixture
def staff_api(staff, access_token):
    """Return a client of an administrator."""
    return client_of(staff, access_token)


@pytest.fixture
def upload(api, videos):
    """Return a function that sends a file in a form."""

    def send(content=b"", filename="clip.mp4", *, field="videoFile", **fields):
        file = SimpleUploadedFile(filename, content)
        form = {"name": "A clip", field: file, **fields}
        return api.post(f"{VIDEO}/upload", form, format="multipart")

    return send


@pytest.fixture
def upload_clip(upload):
    """Return a function that sends one of the clips."""

    def send(which, /, **fields):
        path = clip(which)
        return upload(path.read_bytes(), path.name, **fields)

    return send


def files_below(folder):
    """Return every file below a folder, by its path."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def assert_problem(answer, status, code, *fields):
    """Assert that an answer is RFC 9457, with these fields at fault."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    assert body["title"]
    assert body["detail"]
    assert set(body.get("errors", {})) == set(fields)
    assert settings.DATA_DIR.name not in answer.content.decode()


@contextmanager
def recording_server():
    """Listen on 127.0.0.1; yield the address and the list of what was asked for."""
    asked = []

    class Recorder(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
