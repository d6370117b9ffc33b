"""POST /api/v1/runners/jobs/<uuid>/success"""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from core.jobs import lifecycle
from core.jobs.models import Status
from tests.support.running import free_port
from tests.support.stand_in_runner import Form, StandInRunner
from tests.support.waiting import wait_until
from transcode.tests.factories import make_job, make_runner
from transcode.tests.runners.conftest import memory_bytes
from transcode.videos import storage

MIB = 2**20


@pytest.fixture
def no_finisher(platform):
    """End the worker, so that what was handed over stays where it is."""
    platform.worker.kill()


@pytest.fixture
def held(no_finisher, on_server):
    return on_server.accept()


@pytest.fixture
def files(file):
    return {"videoFile": file("a.mp4", b"video" * 1000), "resolutionPlaylistFile": file("a.m3u8")}


@pytest.mark.case("transcode", 13)
def test_without_one_of_its_files_a_result_is_refused_and_the_next_call_is_taken(
    on_server, held, files
):
    answer = on_server.http.success(held, {"videoFile": files["videoFile"]})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Payload is invalid")
    assert on_server.row().job.status == Status.RUNNING
    assert not on_server.row().job.is_finishing
    assert on_server.staged() == []
    assert on_server.http.success(held, files).status_code == 204


def test_without_any_file_a_result_is_refused(on_server, held):
    assert on_server.http.success(held).status_code == 400
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/success"
    said = {**on_server.http.tokens(held), "payload": {"videoFile": "/etc/passwd"}}
    assert httpx.post(address, json=said, timeout=180).status_code == 400
    assert not on_server.row().job.is_finishing


def test_the_job_waits_for_its_finisher_with_the_files_staged(on_server, held, files):
    answer = on_server.http.success(held, files, {"note": "kept"})
    assert (answer.status_code, answer.content) == (204, b"")
    row = on_server.row()
    assert (row.job.status, row.job.is_finishing, row.job.holder) == (Status.RUNNING, True, "")
    for name, path in files.items():
        assert Path(row.result[name]).read_bytes() == path.read_bytes()
        assert Path(row.result[name]).name == name
    assert row.result["note"] == "kept"
    assert row.runner == on_server.runner


def test_a_second_success_is_refused_and_touches_nothing(on_server, held, files):
    on_server.http.success(held, files)
    before, staged = on_server.row(), on_server.staged()
    answer = on_server.http.success(held, files)
    assert answer.status_code == 400
    assert answer.json()["code"] == "runner_job_not_in_processing_state"
    assert (on_server.row().result, on_server.staged()) == (before.result, staged)


def test_of_two_successes_at_once_one_counts(on_server, held, files):
    def bring(_):
        runner = StandInRunner(on_server.http.url)
        runner.token = on_server.http.token
        return runner.success(held, files).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(bring, range(2)))
    assert statuses[0] == 204
    assert statuses[1] in (400, 409)
    result = on_server.row().result
    kept = [path for path in map(Path, on_server.staged()) if path.is_file()]
    assert sorted(kept) == sorted(Path(result[name]) for name in files)


@pytest.mark.case("transcode", 10)
def test_after_a_success_an_update_changes_nothing_and_an_error_comes_too_late(
    on_server, held, files
):
    """The job ends completed: here by hand, since what was sent is no video."""
    on_server.http.success(held, files)
    before = on_server.row().job.revision
    assert on_server.http.update(held, 50).status_code == 204
    refused = on_server.http.error(held)
    assert refused.status_code == 400
    assert refused.json()["code"] == "runner_job_not_in_processing_state"
    assert on_server.row().job.revision == before
    mine = lifecycle.take_up(on_server.job.pk, holder="finisher")
    lifecycle.succeed(mine, {})
    assert on_server.http.update(held, 50).status_code == 204
    assert on_server.http.error(held).status_code == 400
    assert on_server.http.abort(held).status_code == 400
    assert on_server.row().job.status == Status.SUCCEEDED
    assert on_server.row().failures == 0


def test_after_a_cancel_nothing_is_stored(on_server, held, files):
    lifecycle.cancel(on_server.job.pk)
    assert on_server.http.success(held, files).status_code == 404
    assert on_server.staged() == []


def test_a_cancel_in_the_middle_of_an_upload_leaves_nothing(on_server, held, file):
    big = {"videoFile": file("big.mp4", b"x" * 3 * MIB), "resolutionPlaylistFile": file("a.m3u8")}
    slow = SlowSuccess(on_server, held, big)
    slow.send(2 * MIB)
    wait_until(on_server.staged)
    lifecycle.cancel(on_server.job.pk)
    slow.send_rest()
    assert slow.status() in (404, 409)
    wait_until(lambda: not on_server.staged())


class SlowSuccess:
    """A success whose bytes are sent one by one piece, on a plain socket."""

    def __init__(self, on_server, held, files, tokens=None):
        payload = {f"payload[{name}]": path for name, path in files.items()}
        form = Form(tokens or on_server.http.tokens(held), payload)
        self.body = b"".join(form.pieces())
        where = urlsplit(on_server.http.url)
        self.socket = socket.create_connection((where.hostname, where.port))
        heads = "".join(f"{name}: {value}\r\n" for name, value in form.headers().items())
        target = f"/api/v1/runners/jobs/{held['uuid']}/success"
        head = f"POST {target} HTTP/1.1\r\nHost: {where.netloc}\r\n{heads}\r\n"
        self.socket.sendall(head.encode())

    def send(self, size_bytes):
        self.socket.sendall(self.body[:size_bytes])
        self.body = self.body[size_bytes:]

    def send_rest(self):
        self.send(len(self.body))

    def status(self):
        self.socket.settimeout(180)
        return int(self.socket.recv(4096).split(b" ")[1])


def test_a_client_that_goes_away_leaves_nothing(on_server, held, file):
    slow = SlowSuccess(on_server, held, {"videoFile": file("big.mp4", b"x" * 3 * MIB)})
    slow.send(2 * MIB)
    wait_until(on_server.staged)
    slow.socket.close()
    wait_until(lambda: not on_server.staged())
    assert on_server.row().job.status == Status.RUNNING


def test_strangers_are_refused_before_a_byte_of_their_file_is_stored(on_server, held, file):
    """The answer comes while most of the body has not been sent."""
    tokens = {"runnerToken": "ptrt-stranger", "jobToken": "ptrjt-stranger"}
    slow = SlowSuccess(on_server, held, {"videoFile": file("big.mp4", b"x" * 8 * MIB)}, tokens)
    slow.send(MIB)
    assert slow.status() == 404
    assert on_server.staged() == []


def test_a_file_before_the_tokens_is_refused(on_server, held):
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/success"
    files = {"payload[videoFile]": ("a.mp4", b"x" * 100)}
    tokens = {name: (None, text) for name, text in on_server.http.tokens(held).items()}
    answer = httpx.post(address, files={**files, **tokens}, timeout=180)
    assert answer.status_code == 400
    assert sorted(answer.json()["invalid-params"]) == ["jobToken", "runnerToken"]
    assert on_server.staged() == []


def test_the_same_part_twice_is_refused(on_server, held):
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/success"
    tokens = [(name, (None, text)) for name, text in on_server.http.tokens(held).items()]
    twice = [("payload[videoFile]", ("a.mp4", b"x"))] * 2
    assert httpx.post(address, files=[*tokens, *twice], timeout=180).status_code == 400
    assert on_server.staged() == []


@pytest.mark.parametrize(
    "name", ["payload[../x]", "payload[videoFile]x", "payload[]", "x", "payload[a/b]"]
)
def test_names_of_parts_lead_nowhere(on_server, held, files, name):
    address = f"{on_server.http.url}/api/v1/runners/jobs/{held['uuid']}/success"
    parts = {key: (None, text) for key, text in on_server.http.tokens(held).items()}
    parts |= {f"payload[{key}]": (path.name, path.read_bytes()) for key, path in files.items()}
    parts[name] = ("../../../etc/cron.d/x", b"evil")
    assert httpx.post(address, files=parts, timeout=180).status_code == 204
    kept = [Path(path).name for path in on_server.staged() if Path(path).is_file()]
    assert sorted(kept) == sorted(files)


@pytest.fixture(scope="module")
def small_server(running):
    """Start a web process that takes a mebibyte of a runner at most, for a module's tests."""
    port = free_port()
    child = running.start_web(port, TRANSCODE_RUNNER_MAX_UPLOAD_BYTES="1 MiB")
    running.wait_for_web(port)
    yield f"http://127.0.0.1:{port}"
    child.kill()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_more_than_is_taken_is_refused(on_server, held, file, small_server, is_chunked):
    tokens, path = on_server.http.tokens(held), file("big.mp4", b"x" * 4 * MIB)
    form = Form(tokens, {"payload[videoFile]": path})
    heads = form.headers()
    if is_chunked:
        del heads["Content-Length"]
    address = f"{small_server}/api/v1/runners/jobs/{held['uuid']}/success"
    answer = httpx.post(address, content=form.pieces(), headers=heads, timeout=180)
    assert answer.status_code == 413
    assert answer.json()["error"]
    assert on_server.staged() == []
    assert on_server.row().job.status == Status.RUNNING


def test_strangers_may_send_little_to_the_other_doors(on_server):
    for path in ("request", f"{on_server.job.pk}/accept", f"{on_server.job.pk}/abort"):
        address = f"{on_server.http.url}/api/v1/runners/jobs/{path}"
        answer = httpx.post(address, content=b" " * (MIB + 1), timeout=180)
        assert answer.status_code == 413


def test_a_runner_sends_four_files_at_once_and_the_fifth_waits(on_server, held, file, no_finisher):
    jobs = [held, *(on_server.accept(make_job(on_server.video)) for _ in range(4))]
    path = file("big.mp4", b"x" * 3 * MIB)
    slow = [SlowSuccess(on_server, job, {"videoFile": path}) for job in jobs]
    for upload in slow[:4]:
        upload.send(2 * MIB)

    def staged():
        wanted = {job["uuid"] for job in jobs}
        folders = storage.root().glob("staging/*")
        return {folder.name.split(".")[0] for folder in folders} & wanted

    wait_until(lambda: len(staged()) == 4)
    slow[4].send(MIB)
    other = StandInRunner(on_server.http.url)
    other.token = make_runner()[1]
    # Another runner is not kept waiting by this one.
    theirs = other.accept(make_job(on_server.video).pk).json()["job"]
    assert other.success(theirs, {"videoFile": path}).status_code == 400
    assert jobs[4]["uuid"] not in staged()
    slow[0].send_rest()
    assert slow[0].status() == 400
    wait_until(lambda: jobs[4]["uuid"] in staged())
    for upload in slow[1:]:
        upload.send_rest()
        assert upload.status() == 400


def test_a_large_result_is_not_kept_in_memory(platform, on_server, held, files, tmp_path):
    files["videoFile"] = tmp_path / "large.mp4"
    with files["videoFile"].open("wb") as file:
        file.truncate(512 * MIB)
    before, most, is_over = memory_bytes(platform.web.pid), [0], threading.Event()

    def watch():
        while not is_over.wait(0.1):
            most[0] = max(most[0], memory_bytes(platform.web.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assert on_server.http.success(held, files).status_code == 204
    finally:
        is_over.set()
        watcher.join()
    assert most[0] - before < 100 * MIB
    assert Path(on_server.row().result["videoFile"]).stat().st_size == 512 * MIB
    lifecycle.cancel(on_server.job.pk)  # which removes what was staged
    assert on_server.staged() == []


def test_a_server_that_is_killed_in_the_middle_leaves_the_job_with_its_runner(
    platform, on_server, held, files, file
):
    slow = SlowSuccess(on_server, held, {"videoFile": file("big.mp4", b"x" * 3 * MIB)})
    slow.send(2 * MIB)
    wait_until(on_server.staged)
    platform.web.kill()
    on_server.http = StandInRunner(platform.url)  # which starts it again
    on_server.http.token = on_server.token
    assert on_server.row().job.status == Status.RUNNING
    assert on_server.http.success(held, files).status_code == 204
    assert on_server.row().job.is_finishing
