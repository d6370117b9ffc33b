"""What the tests of the runner API share: a plain client, runners, pending jobs."""

import os
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from tests.support.stand_in_runner import StandInRunner
from tests.support.throttling import forget
from transcode.tests import factories
from transcode.videos import storage


@pytest.fixture(autouse=True)
def _runners_alone(settings):
    """No local worker takes a job that a test means for runners."""
    settings.TRANSCODE_LOCAL_WORKERS = "off"


@pytest.fixture(autouse=True)
def _no_throttle_yet():
    """Forget the unknown tokens that earlier tests have tried."""
    forget("runner-token:*")


class Caller:
    """Calls the runner API in this process, as runners do: JSON, no credentials in headers."""

    def __init__(self):
        self.client = APIClient(enforce_csrf_checks=True)

    def post(self, path, body=None, **more):
        return self.client.post(f"/api/v1/runners{path}", body, format="json", **more)


@pytest.fixture
def call():
    return Caller().post


@pytest.fixture
def runner(db):
    """Return a runner; `token` is on it."""
    saved, saved.token = factories.make_runner("one")
    return saved


@pytest.fixture
def other_runner(db):
    saved, saved.token = factories.make_runner("two")
    return saved


@pytest.fixture
def video(user):
    return factories.make_video(user)


@pytest.fixture
def job(video):
    """Return a pending job."""
    return factories.make_job(video)


@pytest.fixture
def held(job, runner):
    """Return a job in processing, with what its calls bring as `said`."""
    token = factories.accepted(runner, job)
    job.token, job.said = token, factories.tokens_of(runner.token, token)
    return job


class OnServer:
    """A runner that talks to the running platform, with a pending job and its video."""

    def __init__(self, platform, video):
        self.video = video
        self.runner, self.token = factories.make_runner("on server")
        self.http = StandInRunner(platform.url)
        self.http.token = self.token
        self.job = factories.make_job(video)

    def accept(self, job=None):
        """Take a job over HTTP; return it as its holder knows it."""
        answer = self.http.accept((job or self.job).pk)
        assert answer.status_code == 200
        return answer.json()["job"]

    def row(self):
        return factories.fresh(self.job)

    def staged(self):
        """Return what lies in the staging folders of the job; they may be going just now."""
        folders = storage.root().glob(f"staging/{self.job.pk}.*")
        walks = (step for folder in folders for step in os.walk(folder))
        return sorted(f"{at}/{name}" for at, inner, files in walks for name in (*inner, *files))


@pytest.fixture
def on_server(platform, user):
    """Return a runner on the running platform; no local worker takes its jobs."""
    there = OnServer(platform, factories.make_video(user))
    yield there
    there.http.close()


@pytest.fixture
def file(tmp_path):
    """Return the function that writes a file with some content."""

    def write(name, content=b"bytes"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def memory_bytes(pid):
    """Return how much memory of its own a process has."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    described = dict(line.split(":", 1) for line in lines)
    return int(described["RssAnon"].split()[0]) * 1024
