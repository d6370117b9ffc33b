"""Uploads that an HTTP server reads: what it streams, and what becomes of its failures."""

import time
from collections.abc import Iterable, Iterator

import pytest
from PIL import Image

from core.jobs.execution import execute
from core.jobs.models import Job
from core.kinds.ocr import Ocr
from core.tests.uploads.conftest import bytes_of, ended
from core.tests.uploads.making import again, made
from core.uploads import services
from core.uploads.models import Upload
from core.uploads.selectors import live_body
from core.uploads.status import error_of, status_of
from core.uploads.stream import snapshot
from tests.support.answering import Answer, Asked, Server, answering, http

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
# The watchdog of a job looks from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def read(user, settings):
    """Return the function that has a server read a file, all attempts in this process."""

    def run(server, content: bytes | None = None) -> Upload:
        settings.CORE_OCR_ENGINE, settings.AI_HOST = "http", server.url
        upload = made(user, content)
        while not upload.job.is_finished:
            Job.objects.filter(pk=upload.job_id).update(not_before=None)
            execute(upload.job_id)
            upload.job.refresh_from_db()
        return again(upload)

    return run


def streamed(text: str, size: int = 1) -> Iterator[bytes]:
    """Send a text in pieces that cut its characters."""
    data = text.encode()
    yield HEAD
    for at in range(0, len(data), size):
        yield data[at : at + size]
        time.sleep(0.002)


class Host:
    """A server for workers: it answers what a test sets."""

    server: Server

    def __init__(self) -> None:
        self.answer: Answer = lambda _: http(404)

    def say(self, asked: Asked) -> bytes | Iterable[bytes]:
        """Answer a request."""
        return self.answer(asked)


@pytest.fixture(scope="module")
def host(running) -> Iterator[Host]:
    """Start a worker that reads by a server of ours."""
    host = Host()
    with answering(host.say) as server:
        host.server = server
        env = {"CORE_OCR_ENGINE": "http", "AI_HOST": server.url}
        worker = running.start_worker(queues="read-by-http", concurrency=1, **env)
        yield host
        worker.kill()


@pytest.mark.case("core", 60)
def test_a_server_that_answers_503_three_times_ends_the_run(host, user, heard, monkeypatch):
    monkeypatch.setattr(Ocr, "queue", "read-by-http")
    host.answer, before = lambda _: http(503), len(host.server.requests)

    upload = ended(user, str(made(user).pk))

    assert len(host.server.requests) - before == 3
    error = error_of(upload)
    assert status_of(upload) == "error"
    assert (error.code, error.message) == ("engine_http", "AI endpoint error (HTTP 503)")
    frames = [one.data["frame"] for one in heard.events() if one.name == "upload.ended"]
    assert [frame["status"] for frame in frames] == ["error"]
    assert frames[0]["error"] == "AI endpoint error (HTTP 503)"
    assert frames[0]["error_code"] == "engine_http"


@pytest.mark.parametrize("status", [302, 400, 401])
def test_what_a_server_refuses_is_not_tried_again(read, status):
    with answering(lambda _: http(status, Location="http://10.0.0.1/")) as server:
        upload = read(server)

    assert len(server.requests) == 1
    assert error_of(upload).message == f"AI endpoint error (HTTP {status})"


def test_a_server_that_breaks_off_is_tried_again_and_its_half_is_dropped(read):
    def breaking_once(_: Asked) -> bytes | Iterator[bytes]:
        if len(server.requests) == 1:
            return b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n```markdown\nHalf of "
        return streamed("```markdown\nThe whole text", 9)

    with answering(breaking_once) as server:
        upload = read(server)

    assert (status_of(upload), upload.raw_text) == ("processed", "The whole text")
    assert live_body(upload)["run"] == 2


def test_a_server_that_floods_ends_the_run_and_is_not_tried_again(read):
    def flood(_: Asked) -> Iterator[bytes]:
        yield HEAD
        for _ in range(100):
            yield b"word " * 200_000

    with answering(flood) as server:
        upload = read(server)

    assert len(server.requests) == 1
    assert (status_of(upload), error_of(upload).code) == ("error", "engine_http")
    assert upload.raw_text is None


@pytest.mark.case("core", 59)
def test_cut_characters_and_a_fence_that_is_never_closed_are_text(host, user, heard, monkeypatch):
    monkeypatch.setattr(Ocr, "queue", "read-by-http")
    text = "# Счёт № 5\n\nИтого: 120 €, 漢字 🙂"
    host.answer = lambda _: streamed(f"Here it is:\n```markdown\n{text}")

    upload = ended(user, str(made(user).pk))

    assert (status_of(upload), upload.raw_text, upload.engine) == ("processed", text, "http")
    pieces = [one.data for one in heard.events() if one.name == "upload.stream"]
    assert "".join(piece["delta"] for piece in pieces) == text
    assert len([piece for piece in pieces if piece["delta"]]) > 2
    assert snapshot(upload.pk, 1).text == text
    assert upload.processed_text == "Счёт № 5\n\nИтого: 120 €, 漢字 🙂"


def test_the_server_gets_the_page_as_a_picture(read):
    with answering(lambda _: streamed("Text")) as server:
        upload = read(server, bytes_of(Image.new("RGB", (70, 50), "white"), "JPEG"))

    assert upload.raw_text == "Text"
    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/api/ocr/")
    assert b'name="image"; filename="page.png"' in request.body
    assert b"\x89PNG\r\n\x1a\n" in request.body


def test_every_page_of_a_document_is_asked_for_and_kept_apart(read):
    sheet = Image.new("L", (60, 40), 255)
    content = bytes_of(sheet, "TIFF", save_all=True, append_images=[sheet])

    with answering(lambda _: streamed("A\n\n---\n\nB", 3)) as server:
        upload = read(server, content)

    page = "A\n\n\\---\n\nB"
    assert upload.raw_text == f"{page}\n\n---\n\n{page}"
    assert upload.page_count == len(server.requests) == 2
    assert [one["blocks"][0]["text"] for one in upload.pages] == [page, page]


def test_progress_never_falls_and_is_whole_only_at_the_end(read, heard):
    with answering(lambda _: streamed("word " * 300, 20)) as server:
        read(server)

    seen = [one.data["progress"] for one in heard.events() if one.name == "upload.stream"]
    assert seen == sorted(seen)
    assert max(seen) < 1.0


def test_garbage_becomes_a_text_that_every_database_keeps(read):
    with answering(lambda _: http(200, b"\x00\xff\x07A\xd0 \x00B")) as server:
        upload = read(server)

    assert upload.raw_text == "\ufffdA\ufffd B"


def test_an_empty_answer_is_an_empty_page(read):
    with answering(lambda _: http(200)) as server:
        upload = read(server)

    assert (status_of(upload), upload.raw_text) == ("processed", "")


def test_a_run_that_was_cancelled_asks_no_server(user, settings):
    with answering(lambda _: http(200, b"x")) as server:
        settings.CORE_OCR_ENGINE, settings.AI_HOST = "http", server.url
        upload = made(user)
        services.cancel_upload(owner=user, upload_id=upload.pk)
        execute(upload.job_id)

    assert server.requests == []
