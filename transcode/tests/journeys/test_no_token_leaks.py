"""No full token is anywhere but where it belongs (contract, 8.1), over a runner's whole day."""

import base64
import binascii
import re
import subprocess
import threading
from contextlib import suppress

import pytest
import redis
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client

from core.jobs.models import Job
from tests.support.environment import FOLDER
from tests.support.fixtures import client_of
from tests.support.stand_in_runner import StandInRunner
from transcode.models import RegistrationToken, Runner, Video, VideoJob
from transcode.tests import factories
from transcode.tests.journeys.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)
BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
ADMIN, API = "/admin/transcode", "/api/v1"


class Remembering(StandInRunner):
    """A runner that keeps every token it was ever given."""

    def __init__(self, url, name):
        super().__init__(url, name)
        self.tokens_seen = []

    def register(self, registration_token, **more):
        answer = super().register(registration_token, **more)
        self.tokens_seen += [registration_token, *([self.token] if self.token else [])]
        return answer

    def accept(self, job_uuid):
        answer = super().accept(job_uuid)
        if answer.status_code == 200:
            self.tokens_seen.append(answer.json()["job"]["jobToken"])
        return answer


class Overheard:
    """Everything that is said to Redis, Celery's messages among it, which are base64 inside."""

    def __init__(self):
        self.said = []
        self._monitor = redis.Redis.from_url(settings.REDIS_URL).monitor()
        self._monitor.__enter__()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        with suppress(redis.RedisError, OSError, ValueError):
            for command in self._monitor.listen():
                self.said.append(command["command"].encode())

    def end(self):
        """Return all of it, with what was hidden in base64 beside it."""
        self._monitor.connection.disconnect()
        self._thread.join(180)
        text = b"\n".join(self.said)
        return text + b"\n" + b"\n".join(decoded(text))


def decoded(text):
    for run in BASE64.findall(text):
        with suppress(binascii.Error):
            yield base64.b64decode(run)


@pytest.fixture
def talkative(platform, runners_port):
    """Return the address of a server for runners that logs all it can; so do its workers."""
    platform.rest()
    level = {"LOG_LEVEL": "DEBUG", "TRANSCODE_LOCAL_WORKERS": "off"}
    platform.worker = platform.start_worker(**level)
    platform.heal()
    web = platform.start_web(runners_port, TRANSCODE_RESOLUTIONS="144,240", **level)
    platform.wait_for_web(runners_port)
    yield f"http://127.0.0.1:{runners_port}"
    web.kill()
    platform.worker.kill()


def misbehave(runner, job):
    """Make the server complain with the tokens in its hands."""
    runner.update(job, "x")
    runner.update({**job, "jobToken": runner.token}, 1)
    runner.success(job)
    runner.post("/jobs/request", {"runnerToken": job["jobToken"]})
    runner.post("/jobs/request", {"runnerToken": runner.token, "jobTypes": runner.token})
    runner.client.post("/api/v1/runners/jobs/request", content=f'{{"runnerToken": "{runner.token}')
    runner.client.get(f"/api/v1/runners/jobs/{job['uuid']}/accept")


def pages_of_the_admin(staff):
    """Return every admin page that tells of runners, tokens, jobs and videos."""
    browser = Client()
    browser.force_login(staff)
    jobs = [f"/admin/core/job/{pk}" for pk in Job.objects.values_list("pk", flat=True)]
    models = {"runner": Runner, "registrationtoken": RegistrationToken}
    models |= {"videojob": VideoJob, "video": Video}
    rows = [f"{ADMIN}/{name}/{row.pk}" for name, of in models.items() for row in of.objects.all()]
    doors = ["/admin/", "/admin/core/job/", *(f"{ADMIN}/{name}/" for name in models)]
    doors += [f"{row}/{page}/" for row in (*rows, *jobs) for page in ("change", "history")]
    answers = [browser.get(door) for door in doors]
    assert {answer.status_code for answer in answers} == {200}
    return b"".join(answer.content for answer in answers)


def lists_of_the_api(account, uuid, access_token):
    """Return what the API tells. The tokens' own list is left out: it is there to show them."""
    api = client_of(account, access_token)
    doors = [f"{API}/runners", f"{API}/runners/jobs?count=100", f"{API}/video"]
    doors += [f"{API}/video/{uuid}", f"{API}/video/{uuid}/jobs", f"{API}/core/jobs/"]
    answers = [api.get(door) for door in doors]
    return b"".join(answer.content for answer in answers if answer.status_code == 200)


def files_of_the_platform():
    """Return all that was written: logs, results, the database."""
    # By another process: one that opens and closes a file of its own database loses SQLite's
    # locks on it (https://sqlite.org/howtocorrupt.html, 2.2), and the database with them.
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    return {path.name: _read(path) for path in files}


def _read(path):
    return subprocess.run(["cat", path], capture_output=True, check=False).stdout


@pytest.mark.case("transcode", 34)
def test_no_full_token_is_logged_sent_shown_or_kept(talkative, user, staff, access_token, tmp_path):
    redis_heard = Overheard()
    runner = Remembering(talkative, "ci-1")
    runner.register("ptrrt-00000000-0000-4000-8000-000000000000")
    runner.register(factories.make_registration_token().token)
    person = Person(talkative, user)
    with runner.listen() as ears:
        uuid = person.upload()
        assert ears.wait()
        job = runner.take()
        misbehave(runner, job)
        while_it_works = pages_of_the_admin(staff) + lists_of_the_api(staff, uuid, access_token)
        assert runner.abort(job).status_code == 204
        runner.work(ears, tmp_path, lambda: person.video(uuid)["state"]["id"] == 1)
    said = redis_heard.end()
    afterwards = pages_of_the_admin(staff) + lists_of_the_api(staff, uuid, access_token)
    files = files_of_the_platform()
    logs = {name: text for name, text in files.items() if name.endswith(".log")}
    kept = {"Redis": said, "while it works": while_it_works, "afterwards": afterwards, **logs}

    # The search finds what is there: Celery's arguments, the API's calls, the tables' rows.
    assert f'[["{job["uuid"]}"]'.encode() in said
    assert any(job["uuid"].encode() in text for text in logs.values())
    assert b"ci-1" in while_it_works
    tokens = {token.encode() for token in runner.tokens_seen}
    assert len(tokens) == 7  # Two registrations', the runner's, and one an accept.
    for token in tokens:
        assert [place for place, text in kept.items() if token in text] == []
    # Beyond the contract: no file has a token by which a runner acts.
    for token in tokens - {row.token.encode() for row in RegistrationToken.objects.all()}:
        assert [name for name, text in files.items() if token in text] == []
    assert not LogEntry.objects.filter(object_repr__contains="ptrrt-0").exists()
    runner.close()
