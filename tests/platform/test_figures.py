"""`/metrics` of the Media API: what several processes have done, whole."""

import json

import httpx
import pytest
from websockets.sync.client import connect

from tests.platform.test_health import figures
from tests.support.clips import clip
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("platform")
SUBMISSIONS = "medialoom_media_submissions_total"
EVENTS = "medialoom_media_events_sent_total"
STAGES, SECONDS = "medialoom_media_stage_seconds_count", "medialoom_media_stage_seconds_sum"


@pytest.fixture(scope="module", autouse=True)
def _from_now_on(running):
    """End the processes that have served other tests: what they last counted may come late."""
    running.rest()


@pytest.fixture
def shown(client, staff):
    """Return what a scrape shows of a figure by its one label, in a process of no part in it."""
    client.force_login(staff)

    def read(name):
        return {label: value for (label,), value in figures(client).get(name, {}).items()}

    return read


@pytest.fixture
def grown(shown):
    """Return a function that says by how much figures have grown since the test began."""
    names = (SUBMISSIONS, EVENTS, STAGES, SECONDS)
    before = {name: shown(name) for name in names}

    def since(name):
        now = shown(name).items()
        growth = {label: value - before[name].get(label, 0) for label, value in now}
        return {label: value for label, value in growth.items() if value}

    return since


@pytest.fixture
def submit(platform, user, access_token):
    """Return a function that posts a form to a route of the running platform."""
    headers = {"Authorization": f"Bearer {access_token(user)}"}

    def post(route, data, path=None, headers=headers):
        files = {"data": (None, json.dumps(data))}
        if path:
            files["file"] = (path.name, path.read_bytes())
        address = f"{platform.url}/api/v1/{route}"
        return httpx.post(address, files=files, headers=headers, timeout=180)

    return post


def test_submissions_are_counted_by_the_status_of_their_answer(submit, grown, platform):
    assert submit("custom/", {"actions": []}).status_code == 422
    assert submit("compress", {}).status_code == 400  # without its slash, too
    assert submit("compress/", {}, headers={}).status_code == 401
    assert httpx.post(f"{platform.url}/api/v1/transcribe/", json={}, timeout=180).status_code == 401

    wait_until(lambda: grown(SUBMISSIONS) == {"422": 1, "400": 1, "401": 2})


def test_what_is_no_submission_is_not_counted(submit, grown, platform):
    assert httpx.get(f"{platform.url}/api/v1/compress/", timeout=180).status_code in {401, 405}
    assert submit("requests/", {}).status_code == 405
    assert submit("compress/", {}).status_code == 400

    wait_until(lambda: grown(SUBMISSIONS) == {"400": 1})


def test_counts_outlive_a_web_process_that_is_killed(submit, grown, platform):
    assert submit("compress/", {}).status_code == 400
    wait_until(lambda: grown(SUBMISSIONS) == {"400": 1})

    platform.web.kill()

    assert grown(SUBMISSIONS) == {"400": 1}
    assert submit("compress/", {}).status_code == 400
    wait_until(lambda: grown(SUBMISSIONS) == {"400": 2})


def test_stages_and_events_are_counted_where_they_are_done_and_sent(
    submit, grown, platform, user, access_token
):
    address = f"{platform.ws_url}/api/v1/status/ws/?token={access_token(user)}"
    with connect(address, compression=None, open_timeout=180) as socket:
        platform.worker.stop()  # Until somebody listens.
        rid = submit("extract-audio/", {}, clip("wav")).json()["rid"]
        for kind in ("sub", "sync"):
            socket.send(json.dumps({"type": kind, "rid": rid}))
        assert json.loads(socket.recv(timeout=180))["type"] == "sync"
        platform.heal()
        heard = []
        while {"type": "status", "rid": rid, "status": 2} not in heard:
            heard.append(json.loads(socket.recv(timeout=180)))

    types = [frame["type"] for frame in heard]
    sent = {name: types.count(name) for name in types}
    wait_until(lambda: grown(STAGES) == {"extract_audio": 1})
    wait_until(lambda: grown(EVENTS) == sent)
    assert 0 < grown(SECONDS)["extract_audio"] < 60


def test_a_stage_that_fails_is_none_that_was_done(submit, grown, platform, user):
    from core.jobs.models import Job

    assert submit("extract-audio/", {}, clip("silent")).status_code == 200

    wait_until(lambda: Job.objects.filter(status="failed").exists())
    wait_until(lambda: grown(SUBMISSIONS) == {"200": 1})
    assert grown(STAGES) == {}


def test_without_redis_the_figures_of_the_media_api_are_left_out(client, staff, machine):
    client.force_login(staff)
    machine.stop_redis()
    try:
        found = figures(client)
    finally:
        machine.restart_redis()

    assert "medialoom_jobs" in found or "medialoom_sockets" in found
    assert not any(name.startswith("medialoom_media_") for name in found)
