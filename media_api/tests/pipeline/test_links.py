"""Inputs that a worker fetches from a real server of this machine (contract, 2.3)."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from core.jobs import execution, lifecycle
from media_api import storage
from media_api.models import MediaRequest
from media_api.tests.pipeline.person import API
from tests.support.answering import answering, http
from tests.support.clips import clip
from tests.support.waiting import wait_until

SHARED = "https://disk.yandex.ru/i/abcdefghij1234"
RESOURCES = "/v1/disk/public/resources"
TEXT = b"The harbour got buses. Each bus costs much. The city saves fuel."
# Half of it is more than a file's own buffer, and less than what else would be written at a time.
LONG_TEXT = b"The harbour got its first electric buses, and they run at night.\n" * 500


@pytest.fixture
def server_of(configured):
    """Return the function that serves answers by the last parts of their paths."""
    configured(auth={"required": False}, allow_remote_urls=True)

    def serve(**answers):
        def answer(asked):
            said = answers.get(urlsplit(asked.target).path.rpartition("/")[2], http(404))
            return said(asked) if callable(said) else said

        return answering(answer)

    return serve


@pytest.fixture
def reached(settings):
    """Return the function that lets workers reach a server, which is Yandex Disk's own too."""

    def reach(server):
        settings.OUTBOUND_ALLOW = server.allow
        settings.MEDIA_API_YANDEX_API = server.url

    return reach


def yandex(href="/file", name="Отчёт.TXT"):
    """Return the answers of Yandex Disk for a shared file that lies at `href` of the server."""

    def download(asked):
        return http(200, json.dumps({"href": f"http://{asked.headers['host']}{href}"}).encode())

    described = {"name": name, "type": "file"}
    return {"resources": http(200, json.dumps(described).encode()), "download": download}


def row(rid):
    return MediaRequest.objects.select_related("job").get(pk=rid)


def told(status):
    return status["status"], status["error"]["code"], status["error"]["stage"]


def too_open():
    """Return what lies in `data` or `out`, or is one of them, and is not closed to others."""
    tops = [storage.root() / "data", storage.root() / "out"]
    found = [*tops, *(path for top in tops for path in top.rglob("*"))]
    return {path: oct(path.stat().st_mode) for path in found if path.stat().st_mode & 0o077}


def test_a_link_is_fetched_with_the_name_and_the_suffix_that_the_server_gives(
    person, server_of, reached
):
    named = http(200, clip("wav").read_bytes(), Content_Disposition='attachment; filename="a.WAV"')
    with server_of(speech=named) as server:
        reached(server)
        rid = person.ask_link("extract-audio", f"{server.url}/speech?v=1")
        assert (server.connections, row(rid).original_name) == (0, "")
        status = person.work(rid)

    assert status["status"] == 2
    assert (row(rid).original_name, row(rid).input_type) == ("a.WAV", "url")
    assert person.archive(rid) == ["audio.mp3"]
    assert server.requests[0].target == "/speech?v=1"


def test_without_a_name_of_its_own_a_file_is_called_by_its_address(person, server_of, reached):
    with server_of(**{"my%20notes.txt": http(200, TEXT)}) as server:
        reached(server)
        rid = person.ask_link("summarize", f"{server.url}/my%20notes.txt")
        status = person.work(rid)

    assert (status["status"], row(rid).original_name) == (2, "my notes.txt")


def test_a_file_of_yandex_disk_is_asked_for_by_its_shared_link(person, server_of, reached):
    with server_of(**yandex(), file=http(200, TEXT)) as server:
        reached(server)
        rid = person.ask_link("summarize", SHARED)
        status = person.work(rid)

    assert (status["status"], row(rid).original_name) == (2, "Отчёт.TXT")
    asked = [urlsplit(request.target) for request in server.requests]
    assert [one.path for one in asked] == [RESOURCES, f"{RESOURCES}/download", "/file"]
    assert {parse_qs(one.query)["public_key"][0] for one in asked[:2]} == {SHARED}


def test_the_suffix_of_the_remote_name_is_kept(person, server_of, reached):
    film = http(200, clip("silent").read_bytes())
    with server_of(**yandex(name="Film.MOV"), file=film) as server:
        reached(server)
        rid = person.ask_link("extract-audio", SHARED)
        status = person.work(rid)

    assert told(status) == (4, "no_audio_stream", 1)
    assert storage.raw_of(rid).name == "raw.mov"
    assert storage.raw_of(rid).read_bytes() == clip("silent").read_bytes()


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {**yandex(), "resources": http(404)},
        {**yandex(), "download": http(404)},
        {**yandex(), "download": http(200, b'{"href": ""}')},
        {**yandex(), "download": http(200, b'{"href": 7}')},
        {**yandex(), "file": http(404)},
        {**yandex(), "file": http(200)},
    ],
)
def test_what_yandex_disk_does_not_have_is_not_found_and_not_asked_for_again(
    person, server_of, reached, answers
):
    with server_of(**answers) as server:
        reached(server)
        rid = person.ask_link("summarize", SHARED)
        status = person.work(rid)

    assert told(status) == (4, "source_not_found", 0)
    assert storage.raw_of(rid) is None


@pytest.mark.parametrize(
    "answers",
    [
        {**yandex(), "resources": http(503)},
        {**yandex(), "resources": http(429)},
        {**yandex(), "resources": http(200, b"[]")},
        {**yandex(), "resources": http(200, b"{not json")},
        {**yandex(), "file": http(502)},
    ],
)
def test_a_server_in_trouble_is_asked_once_more(person, server_of, reached, answers):
    with server_of(**answers) as server:
        reached(server)
        rid = person.ask_link("summarize", SHARED)
        assert person.work(rid)["status"] == 0
        knocked = server.connections
        status = person.work(rid)

    assert told(status) == (4, "source_not_found", 0)
    assert server.connections == 2 * knocked


def test_a_server_that_recovers_is_fetched_from_by_the_next_attempt(person, server_of, reached):
    answers = iter([http(503), http(200, TEXT)])
    with server_of(**{"a.txt": lambda _: next(answers)}) as server:
        reached(server)
        rid = person.ask_link("summarize", f"{server.url}/a.txt")
        assert person.work(rid)["status"] == 0

        assert person.work(rid)["status"] == 2


def test_a_download_link_into_our_own_network_is_not_followed(person, server_of, reached):
    answers = yandex() | {"download": http(200, b'{"href": "http://127.0.0.1:1/file"}')}
    with server_of(**answers) as server:
        reached(server)
        status = person.work(person.ask_link("summarize", SHARED))

    assert told(status) == (4, "source_forbidden", 0)


def test_a_file_that_is_larger_than_an_upload_may_be_is_not_kept(
    person, server_of, reached, configured
):
    with server_of(**{"a.txt": http(200, TEXT)}) as server:
        reached(server)
        configured(auth={"required": False}, allow_remote_urls=True, max_upload_bytes=10)
        rid = person.ask_link("summarize", f"{server.url}/a.txt")
        status = person.work(rid)

    assert told(status) == (4, "source_too_large", 0)
    assert storage.raw_of(rid) is None


def test_what_was_fetched_is_not_fetched_again_by_another_attempt(person, server_of, reached):
    with server_of(
        **yandex(name="Film.MOV"), file=http(200, clip("silent").read_bytes())
    ) as server:
        reached(server)
        rid = person.ask_link("extract-audio", SHARED)
        person.work(rid)
        knocked = server.connections
        lifecycle.retry(row(rid).job_id)
        execution.execute(row(rid).job_id)

    assert (knocked, server.connections) == (3, 3)
    assert row(rid).job.status == "failed"


def test_what_is_fetched_and_made_is_for_nobody_elses_eyes(person, server_of, reached):
    film, text = http(200, clip("silent").read_bytes()), http(200, TEXT)
    with server_of(**{"a.mov": film, "a.txt": text}) as server:
        reached(server)
        kept = person.ask_link("extract-audio", f"{server.url}/a.mov")
        made = person.ask_link("summarize", f"{server.url}/a.txt")
        with storage.attempt_folder(kept, 1):
            assert not too_open()
        person.work(kept)
        person.work(made)

    assert storage.raw_of(kept).stat().st_mode & 0o777 == 0o600
    assert storage.output(made, "summary.md").is_file()
    assert not too_open()


def test_a_link_is_written_in_pieces_of_the_configured_size(
    person, configured, settings, persistence
):
    half = len(LONG_TEXT) // 2

    def is_begun():
        return any(path.stat().st_size for path in persistence.rglob("*fetching"))

    def answer(_):
        yield http(200, LONG_TEXT[:half], Content_Length=len(LONG_TEXT))
        wait_until(is_begun)
        yield LONG_TEXT[half:]

    with answering(answer) as server:
        settings.OUTBOUND_ALLOW = server.allow
        configured(auth={"required": False}, allow_remote_urls=True, file_read_chunk_size=1000)
        data = {"url": f"{server.url}/a.txt"}
        rid = person.client.post(f"{API}/summarize/", data, format="json").json()["rid"]

        assert person.work(rid)["status"] == 2
