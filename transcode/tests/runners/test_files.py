"""POST /api/v1/runners/jobs/<uuid>/files/videos/<uuid>/..."""

import hashlib
import http.client
import json
import uuid
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from core.jobs import lifecycle
from core.jobs.models import Status
from tests.support.running import free_port
from tests.support.stand_in_runner import StandInRunner
from transcode.models import FileKind, VideoFile
from transcode.tests.factories import ends, make_job, make_runner, make_video
from transcode.tests.runners.conftest import memory_bytes
from transcode.videos import storage

MIB = 2**20
CONTENT = bytes(range(256)) * 4096


def stored(room, video, name, content=CONTENT):
    """Put a file into the storage; return its key."""
    key = storage.name_in(room, video.pk, name)
    storage.write(key, content)
    return key


@pytest.fixture
def there(on_server):
    """Return a runner on the server, whose job's video has an original and a preview."""
    video = on_server.video
    video.source_name = stored("originals", video, "source.mp4")
    video.preview_name = stored("images", video, f"{uuid.uuid4()}-preview.jpg", b"\xff\xd8jpeg")
    video.save()
    yield on_server
    storage.remove_video(video.pk)


@pytest.fixture
def held(there):
    return there.accept()


def address(held, video, tail="max-quality"):
    return f"/api/v1/runners/jobs/{held['uuid']}/files/videos/{video}/{tail}"


def fetch(there, held, tail="max-quality", video=None, **tokens):
    said = {**there.http.tokens(held), **tokens}
    return there.http.client.post(address(held, video or there.video.pk, tail), json=said)


# ---- refusals


def test_get_is_no_method_of_it(there, held):
    answer = there.http.client.get(address(held, there.video.pk))
    assert answer.status_code == 405


@pytest.mark.parametrize("missing", ["runnerToken", "jobToken"])
def test_both_tokens_are_wanted(there, held, missing):
    assert fetch(there, held, **{missing: None}).status_code == 400


def test_unknown_tokens_open_nothing(there, held):
    _, other_token = make_runner()
    for tokens in (
        {"runnerToken": "ptrt-x"},
        {"jobToken": "ptrjt-x"},
        {"runnerToken": other_token},
    ):
        answer = fetch(there, held, **tokens)
        assert (answer.status_code, answer.json()["error"]) == (404, "Unknown runner job")


def test_tokens_in_the_address_or_a_header_open_nothing(there, held):
    said = there.http.tokens(held)
    where = address(held, there.video.pk)
    assert there.http.client.post(where, params=said, json={}).status_code == 400
    bearer = {"Authorization": f"Bearer {said['runnerToken']}"}
    assert there.http.client.post(where, json={}, headers=bearer).status_code == 400


def test_a_job_that_is_past_processing_opens_nothing(there, held):
    ends(there.job, Status.SUCCEEDED)
    answer = fetch(there, held)
    assert answer.status_code == 400
    assert answer.json()["code"] == "runner_job_not_in_processing_state"


def test_a_job_that_is_pending_again_opens_nothing(there, held):
    lifecycle.release(there.row().job)
    assert fetch(there, held).status_code == 404


def test_a_video_that_the_job_is_not_about_is_forbidden(there, held, user):
    assert fetch(there, held, video=make_video(user).pk).status_code == 403


@pytest.mark.parametrize("video", [uuid.uuid4(), "x", "..", "%00"])
def test_an_unknown_video_is_not_found(there, held, video):
    assert fetch(there, held, video=video).status_code == 404


def test_a_video_without_such_a_file_is_not_found(there, held):
    there.video.source_name = there.video.preview_name = ""
    there.video.save()
    for tail in ("max-quality", "max-quality/audio", "previews/max-quality"):
        assert fetch(there, held, tail).status_code == 404


def test_a_file_that_is_gone_is_no_crash_and_tells_no_path(there, held):
    storage.remove(there.video.source_name)
    answer = fetch(there, held)
    assert answer.status_code == 503
    assert "originals" not in answer.text


# ---- the files


def test_the_original_comes_whole_with_length_and_type(there, held):
    answer = fetch(there, held)
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_range_is_not_looked_at(there, held):
    where = address(held, there.video.pk)
    answer = there.http.client.post(
        where, json=there.http.tokens(held), headers={"Range": "bytes=0-9"}
    )
    assert (answer.status_code, len(answer.content)) == (200, len(CONTENT))


def test_the_address_may_end_with_a_slash(there, held):
    answer = fetch(there, held, "max-quality/")
    assert (answer.status_code, len(answer.history)) == (200, 0)


def rendition(video, name, **columns):
    described = {"kind": FileKind.HLS, "fps": 30, "size_bytes": 1, "has_video": True}
    key = stored("hls", video, name, name.encode())
    values = {"resolution": 360, "has_audio": False, **described, **columns}
    return VideoFile.objects.create(video=video, name=key, **values)


def test_without_an_original_the_best_rendition_comes_and_the_sound_apart(there, held):
    rendition(there.video, "a-360-fragmented.mp4")
    rendition(there.video, "b-720-fragmented.mp4", resolution=720)
    rendition(
        there.video, "c-0-fragmented.mp4", resolution=0, fps=0, has_video=False, has_audio=True
    )
    assert fetch(there, held).content == CONTENT
    there.video.source_name = ""
    there.video.save()
    assert fetch(there, held).content == b"b-720-fragmented.mp4"
    assert fetch(there, held, "max-quality/audio").content == b"c-0-fragmented.mp4"


def test_without_a_separate_sound_the_best_file_comes(there, held):
    assert fetch(there, held, "max-quality/audio").content == CONTENT


def test_the_preview_is_a_jpeg(there, held):
    answer = fetch(there, held, "previews/max-quality")
    assert (answer.status_code, answer.content) == (200, b"\xff\xd8jpeg")
    assert answer.headers["content-type"] == "image/jpeg"


@pytest.fixture
def studio(there, held):
    """Return the name of a file that one of the job's tasks names; others lie beside it."""
    name = f"{uuid.uuid4()}.mp4"
    stored("studio", there.video, name, b"intro")
    stored("studio", there.video, "other.mp4", b"not named by a task")
    row = there.row()
    url = f"http://x/studio/task-files/{name}"
    row.payload = {
        "tasks": [
            {"name": "cut", "options": {"start": 1}},
            {"name": "add-intro", "options": {"file": url}},
        ]
    }
    row.save(update_fields=["payload"])
    return name


def test_a_file_of_a_task_comes(there, held, studio):
    answer = fetch(there, held, f"studio/task-files/{studio}")
    assert (answer.status_code, answer.content) == (200, b"intro")


@pytest.mark.parametrize(
    "name",
    [
        "other.mp4",
        "..",
        ".",
        "a%00",
        "..%2f..%2fx",
        "%2e%2e%2fx",
        "../../x",
        "a%5cb",
        "é",
        "a b",
        "",
    ],
)
def test_a_file_that_no_task_names_is_refused(there, held, studio, name):
    answer = raw_post(there, held, f"studio/task-files/{name}")
    assert answer in (400, 404)


def raw_post(there, held, tail):
    """Post to an address exactly as it is written: no client tidies it up."""
    where = urlsplit(there.http.url)
    path = address(held, there.video.pk, tail).replace(" ", "%20").replace("é", "%c3%a9")
    body = json.dumps(there.http.tokens(held)).encode()
    with closing(http.client.HTTPConnection(where.hostname, where.port, timeout=180)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return connection.getresponse().status


@pytest.mark.case("transcode", 22)
def test_two_gibibytes_come_whole_to_who_may_have_them_and_memory_stays_flat(
    platform, there, held, user, studio
):
    size_bytes = 2 * 1024 * MIB
    source = storage.root() / there.video.source_name
    with source.open("r+b") as file:
        file.truncate(size_bytes)
    assert fetch(there, held, video=make_video(user).pk).status_code == 403
    assert there.http.client.get(address(held, there.video.pk)).status_code == 405
    for wrong in ("../../x", "..%2f..%2fx", "%2e%2e%2f%2e%2e%2fx"):
        assert raw_post(there, held, f"studio/task-files/{wrong}") in (400, 404)

    before, most, seen = memory_bytes(platform.web.pid), 0, 0
    digest = hashlib.sha256()
    said = {"json": there.http.tokens(held)}
    with there.http.client.stream("POST", address(held, there.video.pk), **said) as answer:
        assert answer.headers["content-length"] == str(size_bytes)
        for number, piece in enumerate(answer.iter_raw(MIB)):
            seen += len(piece)
            if number == 0:
                digest.update(piece)
            if number % 64 == 0:
                most = max(most, memory_bytes(platform.web.pid))
    assert seen == size_bytes
    assert digest.digest() == hashlib.sha256(CONTENT).digest()
    assert most - before < 100 * MIB

    ends(there.job, Status.SUCCEEDED)
    assert fetch(there, held).status_code == 400
    pending = there.accept(make_job(there.video))
    lifecycle.release(type(there.job).objects.get(pk=pending["uuid"]).job)
    assert fetch(there, pending).status_code == 404


# ---- redirects


@pytest.fixture(scope="module")
def redirecting_server(running):
    """Start a web process that redirects downloads, for the tests of this module."""
    port = free_port()
    child = running.start_web(port, TRANSCODE_REDIRECT_DOWNLOADS="1")
    running.wait_for_web(port)
    yield f"http://127.0.0.1:{port}"
    child.kill()


@pytest.fixture
def redirecting(redirecting_server, there):
    """Return the runner that talks to a web process that redirects downloads."""
    runner = StandInRunner(redirecting_server)
    runner.token = there.token
    yield runner
    runner.close()


@pytest.mark.case("transcode", 23)
def test_a_redirect_is_a_302_to_an_address_that_needs_no_tokens(there, held, redirecting, tmp_path):
    where = address(held, there.video.pk)
    answer = redirecting.client.post(where, json=redirecting.tokens(held))
    assert answer.status_code == 302
    location = answer.headers["location"]
    assert there.token not in location
    assert held["jobToken"] not in location
    with httpx.Client(timeout=180) as stranger:
        got = stranger.get(f"{redirecting.url}{location}")
    assert (got.status_code, got.content) == (200, CONTENT)
    assert redirecting.download(held, where, tmp_path / "a").read_bytes() == CONTENT


def test_a_redirect_needs_the_tokens_itself(there, held, redirecting):
    said = {**redirecting.tokens(held), "jobToken": "ptrjt-x"}
    assert redirecting.client.post(address(held, there.video.pk), json=said).status_code == 404


def test_an_address_that_was_not_made_here_opens_nothing(there, held, redirecting):
    where = address(held, there.video.pk)
    location = redirecting.client.post(where, json=redirecting.tokens(held)).headers["location"]
    for wrong in (f"{location}x", location[:-1], "/api/v1/runners/files/x", location.upper()):
        assert redirecting.client.get(wrong).status_code == 404


def test_an_address_dies_with_the_hold_that_it_was_made_for(there, held, redirecting):
    where = address(held, there.video.pk)
    location = redirecting.client.post(where, json=redirecting.tokens(held)).headers["location"]
    lifecycle.release(there.row().job)
    assert redirecting.client.get(location).status_code == 404
    there.accept()
    assert redirecting.client.get(location).status_code == 404
