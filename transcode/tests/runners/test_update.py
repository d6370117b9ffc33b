"""POST /api/v1/runners/jobs/<uuid>/update"""

import httpx
import pytest

from core.jobs import lifecycle
from core.jobs.models import Status
from transcode.models import Runner
from transcode.tests.factories import ends, make_job, make_runner, quiet_since


@pytest.fixture
def held(on_server):
    return on_server.accept()


@pytest.mark.parametrize("progress", ["101", "-1", "x", "", "nan", "inf", "1e9", "100.4", "0x10"])
def test_what_is_no_percentage_is_refused(on_server, held, progress):
    answer = on_server.http.update(held, progress)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(answer.json()["invalid-params"]) == ["progress"]
    assert on_server.row().job.progress == 0.0


def test_without_tokens_it_is_a_bad_request(on_server, held):
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/update"
    answer = httpx.post(address, files={"progress": (None, "5")}, timeout=180)
    assert answer.status_code == 400
    assert sorted(answer.json()["invalid-params"]) == ["jobToken", "runnerToken"]


FORM = "multipart/form-data; boundary=x"
DISPOSITION = b"--x\r\nContent-Disposition: form-data"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "multipart/form-data", 400),
        (b"", FORM, 400),
        (b"nonsense", FORM, 400),
        (DISPOSITION + b"\r\n\r\na\r\n--x--", FORM, 400),
        (DISPOSITION + b'; name="a"\r\n\r\nbroken off', FORM, 400),
        (b"--x\r\nX: " + b"y" * 9000 + b"\r\n\r\n\r\n--x--", FORM, 400),
        (DISPOSITION + b'; name="runnerToken"\r\n\r\n\xff\r\n--x--', FORM, 400),
        (DISPOSITION + b'; name="runnerToken"\r\n\r\na\x00\r\n--x--', FORM, 400),
        ((DISPOSITION + b'; name="a"\r\n\r\nb\r\n') * 70 + b"--x--", FORM, 400),
        (b"", "multipart/form-data; boundary=" + "y" * 9000, 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"payload": 7}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b" " * 2**21, "application/json", 413),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"a=b", "", 415),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(on_server, held, body, content_type, status):
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/update"
    answer = httpx.post(address, content=body, headers={"Content-Type": content_type}, timeout=180)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["error"]


def test_a_text_without_end_is_refused(on_server, held):
    answer = on_server.http.update(held, fields={"x": "y" * (2**20 + 1)})
    assert answer.status_code == 413


def test_get_is_no_method_of_it(on_server, held):
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/update"
    assert httpx.get(address, timeout=180).status_code == 405


def test_unknown_runner_tokens_are_throttled_here_too(on_server, held):
    tokens = {"runnerToken": "ptrt-guess", "jobToken": held["jobToken"]}
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/update"
    with httpx.Client(timeout=180) as client:
        seen = [client.post(address, json=tokens).status_code for _ in range(51)]
    assert seen == [404] * 50 + [429]
    assert on_server.http.update(held).status_code == 204


@pytest.mark.case("transcode", 8)
def test_a_heartbeat_moves_the_time_and_a_percentage_the_progress(on_server, held):
    before = quiet_since(on_server.job, 60)
    answer = on_server.http.update(held)
    assert (answer.status_code, answer.content) == (204, b"")
    row = on_server.row().job
    assert row.updated_at > before
    assert row.progress == 0.0

    assert on_server.http.update(held, 0).status_code == 204
    assert on_server.row().job.progress == 0.0
    for wrong in ("101", "-1", "x"):
        assert on_server.http.update(held, wrong).status_code == 400
    assert on_server.row().job.progress == 0.0
    assert on_server.http.update(held, 100).status_code == 204
    assert on_server.row().job.progress == 1.0


def test_a_heartbeat_renews_the_lease(on_server, held):
    before = on_server.row().job.lease_expires_at
    quiet_since(on_server.job, 60)
    on_server.http.update(held)
    assert on_server.row().job.lease_expires_at > before


def test_decimals_are_rounded_and_json_is_taken_too(on_server, held):
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/update"
    said = {**on_server.http.tokens(held), "progress": 41.6, "payload": None}
    assert httpx.post(address, json=said, timeout=180).status_code == 204
    assert on_server.row().job.progress == 0.42


def test_progress_never_goes_back(on_server, held):
    on_server.http.update(held, 60)
    assert on_server.http.update(held, 30).status_code == 204
    assert on_server.row().job.progress == 0.6


def test_heartbeats_close_together_are_written_once(on_server, held):
    on_server.http.update(held)
    before = on_server.row().job.revision
    assert on_server.http.update(held).status_code == 204
    assert on_server.row().job.revision == before


def test_a_runner_without_a_socket_is_heard_of_by_its_update(on_server, held):
    Runner.objects.update(disconnected_at=quiet_since(on_server.job, 10))
    on_server.http.update(held)
    assert Runner.objects.get().disconnected_at is None


def test_files_that_the_type_does_not_know_are_dropped(on_server, held, file):
    answer = on_server.http.update(held, 5, files={"videoFile": file("a.mp4"), "../x": file("b")})
    assert answer.status_code == 204
    assert on_server.staged() == []


def test_after_the_end_it_is_ignored(on_server, held):
    ends(on_server.job, Status.SUCCEEDED)
    before = on_server.row().job
    assert on_server.http.update(held, 50).status_code == 204
    after = on_server.row().job
    assert (after.progress, after.updated_at) == (before.progress, before.updated_at)


def test_after_a_cancel_the_token_opens_nothing(on_server, held):
    lifecycle.cancel(on_server.job.pk)
    answer = on_server.http.update(held, 50)
    assert (answer.status_code, answer.json()["error"]) == (404, "Unknown runner job")


def wrong_calls(on_server, held):
    """Yield the three ways in which a call's tokens do not fit its job."""
    _, other_token = make_runner()
    other_job = make_job(on_server.video)
    stale = dict(held)
    mine = on_server.http.token
    yield "another runner's token", other_token, held
    yield "another job's uuid", mine, {**held, "uuid": str(other_job.pk)}
    lifecycle.release(on_server.row().job)
    held.update(on_server.accept())
    yield "a token of an earlier hold", mine, stale


@pytest.mark.case("transcode", 9)
def test_tokens_that_do_not_fit_together_open_no_call(on_server, held, file):
    files = {"videoFile": file("a.mp4"), "resolutionPlaylistFile": file("a.m3u8")}
    mine = on_server.http.token
    for why, token, job in wrong_calls(on_server, held):
        before = on_server.row().job
        on_server.http.token = token
        for answer in (
            on_server.http.update(job, 50),
            on_server.http.error(job),
            on_server.http.success(job, files),
            on_server.http.abort(job),
        ):
            assert (answer.status_code, answer.json()["error"]) == (404, "Unknown runner job"), why
        on_server.http.token = mine
        after = on_server.row().job
        assert (after.revision, after.status) == (before.revision, Status.RUNNING), why
        assert on_server.staged() == [], why
    assert on_server.http.update(held, 50).status_code == 204
