"""What the journeys share: a server that leaves the jobs to runners, and people who upload."""

import shutil
import threading

import httpx
import pytest

from core.accounts.tokens import access_token
from tests.support.clips import clip
from tests.support.running import free_port
from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.models import Video
from transcode.tests import factories


@pytest.fixture(scope="session")
def runners_port():
    """Return the port of a server whose jobs only runners take."""
    return free_port()


@pytest.fixture(scope="module")
def runners_server(running, runners_port):
    """Start a server whose jobs only runners take, for the tests of a module."""
    settings = {"TRANSCODE_LOCAL_WORKERS": "off", "TRANSCODE_RESOLUTIONS": "144,240"}
    process = running.start_web(runners_port, **settings)
    running.wait_for_web(runners_port)
    yield f"http://127.0.0.1:{runners_port}"
    process.kill()


@pytest.fixture
def door(platform, runners_server):
    """Return the address of a server whose jobs only runners take."""
    return runners_server


class Person:
    """Somebody with a token and a film."""

    def __init__(self, url, account):
        token = access_token(account)
        self.client = httpx.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=180
        )

    def upload(self, name="landscape", **fields):
        return self.send(clip(name), **fields)

    def send(self, path, **fields):
        with path.open("rb") as file:
            answer = self.client.post(
                "/video/upload",
                data={"name": "A film", **fields},
                files={"videoFile": (path.name, file)},
            )
        assert answer.status_code == 201, answer.text
        return answer.json()["video"]["uuid"]

    def video(self, uuid):
        return self.client.get(f"/video/{uuid}").json()["video"]

    def jobs(self, uuid):
        return self.client.get(f"/video/{uuid}/jobs").json()["data"]

    def wait_for_state(self, uuid, state):
        wait_until(lambda: Video.objects.get(pk=uuid).state == state)
        return self.video(uuid)


@pytest.fixture
def person(door, user):
    """Return somebody who uploads."""
    return Person(door, user)


@pytest.fixture
def hire(door):
    """Return the function that registers a stand-in runner."""
    hired = []

    def make(name="ci-1"):
        runner = StandInRunner(door, name)
        token = factories.make_registration_token().token
        assert runner.register(token).status_code == 200
        hired.append(runner)
        return runner

    yield make
    for runner in hired:
        runner.close()


class AtWork:
    """A runner that works in a thread of its own until it is told to stop."""

    def __init__(self, runner, folder):
        self.runner, self.folder, self._is_over = runner, folder, threading.Event()
        self.errors = []
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        try:
            with self.runner.listen() as ears:
                while not self._is_over.is_set():
                    while not self._is_over.is_set() and (job := self.runner.take()):
                        self.runner.run(job, self.folder / job["uuid"])
                    ears.wait(1.0)
        except Exception as error:  # noqa: BLE001 - the test reads it
            self.errors.append(error)

    def stop(self):
        self._is_over.set()
        self.thread.join(180)
        assert not self.errors


@pytest.fixture
def at_work(tmp_path):
    """Return the function that sets a runner to work."""
    working = []

    def begin(runner):
        working.append(AtWork(runner, tmp_path / runner.name))
        return working[-1]

    yield begin
    for each in working:
        each.stop()
    shutil.rmtree(tmp_path, ignore_errors=True)
