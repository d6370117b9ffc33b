"""Requests on a running platform: workers that live and die, sockets that watch."""

import json
import os
import signal
import socket
import struct
import subprocess
from contextlib import ExitStack

import httpx
import pytest
from websockets.sync.client import connect

from core.accounts.tokens import access_token
from core.jobs.models import Status
from core.tests.realtime.slow_client import SlowClient
from media_api.models import MediaRequest
from media_api.tests.sockets.client import told
from tests.support.clips import clip
from tests.support.environment import FOLDER
from tests.support.waiting import wait_until

PATIENCE_S = 180.0
SMALL = {"preset": "ultrafast", "video": {"width": 320, "height": 180, "videoBitrate": 200}}


@pytest.fixture(scope="module", autouse=True)
def _told_at_once():
    """Have the platform tell all progress: it looks at its settings every five seconds."""
    path = FOLDER / "media_api" / "config.yaml"
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text("websockets:\n  update_progress_interval: 0\n")
    yield
    path.write_bytes(before or b"")


@pytest.fixture(scope="module")
def minute():
    """Return a film of a minute."""
    path = FOLDER / "minute.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
         "testsrc2=size=320x180:rate=10:duration=60", "-c:v", "libx264", "-preset", "ultrafast",
         str(path)],
        check=True,
    )  # fmt: skip
    return path


class Watcher:
    """A client who posts, and watches on one socket."""

    def __init__(self, platform, account, stack):
        self.token = access_token(account)
        headers = {"Authorization": f"Bearer {self.token}"}
        self.client = httpx.Client(
            base_url=f"{platform.url}/api/v1", headers=headers, timeout=PATIENCE_S
        )
        self.path = f"/api/v1/status/ws/?token={self.token}"
        self.stack, self.platform = stack, platform
        self.socket = self.another()

    def another(self):
        options = {"compression": None, "ping_interval": None, "open_timeout": 60}
        return self.stack.enter_context(connect(self.platform.ws_url + self.path, **options))

    def post(self, route, path, data):
        with path.open("rb") as file:
            answer = self.client.post(
                f"/{route}/", data={"data": json.dumps(data)}, files={"file": (path.name, file)}
            )
        assert answer.status_code == 200, answer.text
        return answer.json()["rid"]

    def watch(self, rid, *, on=None):
        (on or self.socket).send(json.dumps({"type": "sub", "rid": rid}))

    def until_final(self, *, on=None):
        """Return what comes up to a final status."""
        frames = []
        while not frames or frames[-1]["type"] != "status" or frames[-1]["status"] < 2:
            frames.append(json.loads((on or self.socket).recv(timeout=PATIENCE_S)))
        return frames

    def status(self, rid):
        return self.client.get(f"/status/{rid}/").json()


@pytest.fixture
def watcher(platform, user):
    with ExitStack() as stack:
        yield Watcher(platform, user, stack)


@pytest.fixture
def behind(watcher, minute):
    """Return the function that keeps the worker busy, so that a subscriber is never too late."""

    def post(route, path, data):
        first = watcher.post("compress", minute, {"config": SMALL})
        rid = watcher.post(route, path, data)
        return first, rid

    return post


def kill_worker_of(rid, attempt):
    """Kill whoever works on a request's attempt, once it has begun its stage."""

    def pid():
        job = MediaRequest.objects.select_related("job").get(pk=rid).job
        is_at_work = job.status == Status.RUNNING and job.attempt == attempt and job.stage
        return is_at_work and int(job.holder.split(":")[-2])

    os.kill(wait_until(pid, timeout_s=PATIENCE_S), signal.SIGKILL)


@pytest.mark.case("media_api", 19)
def test_who_subscribes_to_what_does_not_fit_is_told_its_end(watcher, behind, tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("Hello, world.")
    first, rid = behind("compress", text, {})
    watcher.watch(rid)
    assert watcher.client.post(f"/requests/{first}/cancel/").status_code == 202

    assert told(watcher.until_final()) == ["status 1", "status 4"]
    assert watcher.status(rid)["error"]["code"] == "unsupported_file_type"


@pytest.mark.case("media_api", 12)
def test_of_a_silent_film_no_sound_is_to_be_had_and_everybody_is_told(watcher, behind):
    first, rid = behind("extract-audio", clip("silent"), {})
    watcher.watch(rid)
    assert watcher.client.post(f"/requests/{first}/cancel/").status_code == 202

    assert told(watcher.until_final())[-1] == "status 4"
    status = watcher.status(rid)
    assert (status["status"], status["error"]["code"]) == (4, "no_audio_stream")
    assert watcher.client.get(f"/download/{rid}/").status_code == 410


@pytest.mark.case("media_api", 31)
def test_progress_of_two_passes_never_falls(watcher, minute):
    rid = watcher.post("compress", minute, {"config": SMALL})
    watcher.watch(rid)
    frames = watcher.until_final()

    percents = [frame["pct"] for frame in frames if frame["type"] == "progress"]
    assert told(frames)[-1] == "status 2"
    assert percents == sorted(percents)
    assert any(48 <= percent <= 52 for percent in percents)
    assert percents[-1] == 100


@pytest.mark.case("media_api", 34)
def test_a_request_survives_one_killed_worker_and_not_two(watcher, behind, minute):
    first, rid = behind("compress", minute, {"config": {**SMALL, "preset": "veryfast"}})
    watcher.watch(rid)
    assert watcher.client.post(f"/requests/{first}/cancel/").status_code == 202
    kill_worker_of(rid, attempt=1)
    frames = told(watcher.until_final())

    statuses = [frame for frame in frames if frame.startswith("status")]
    assert statuses == ["status 1", "status 0", "status 1", "status 2"]
    assert frames[-2] == "progress 100"

    data = {"config": {**SMALL, "preset": "superfast"}}
    rid = watcher.post("compress", minute, data)
    for attempt in (1, 2):
        kill_worker_of(rid, attempt)
    wait_until(lambda: watcher.status(rid)["status"] == 4, timeout_s=PATIENCE_S)
    assert watcher.status(rid)["error"]["code"] == "worker_lost"


@pytest.mark.case("media_api", 29)
def test_a_link_that_is_dropped_without_a_word_harms_nobody(watcher, platform, behind):
    first, rid = behind("extract-audio", clip("landscape"), {})
    lost = SlowClient(platform.url, watcher.path)
    lost.send({"type": "sub", "rid": rid})
    others = [watcher.another() for _ in range(3)]
    for other in others:
        watcher.watch(rid, on=other)
    lost.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    lost.socket.close()
    assert watcher.client.post(f"/requests/{first}/cancel/").status_code == 202

    for other in others:
        frames = told(watcher.until_final(on=other))
        assert frames[:2] == ["status 1", "stage 1"]
        assert frames[-2:] == ["progress 100", "status 2"]
