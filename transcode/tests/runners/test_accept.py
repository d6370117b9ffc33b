"""POST /api/v1/runners/jobs/<uuid>/accept"""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.db import connections
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from transcode.models import JobType, VideoJob
from transcode.runners.tokens import hash_of, lease_token_of
from transcode.tests.factories import accepted, ends, fresh, make_job, make_runner, make_video

CODE = "runner_job_not_in_pending_state"


def accept(call, job, runner):
    return call(f"/jobs/{getattr(job, 'pk', job)}/accept", {"runnerToken": runner.token})


def test_a_runner_that_is_unknown_is_told_so_first(call, job):
    answer = call(f"/jobs/{job.pk}/accept", {"runnerToken": "ptrt-nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_runner_token")
    assert fresh(job).job.status == Status.QUEUED


def test_a_job_that_does_not_exist_is_not_found(call, runner):
    answer = accept(call, uuid.uuid4(), runner)
    assert (answer.status_code, answer.json()["error"]) == (404, "Unknown runner job")


@pytest.mark.parametrize("name", ["x", "1", "..", "%00", "00000000-0000-0000-0000-00000000000g"])
def test_what_is_no_uuid_is_a_bad_request(call, runner, name):
    answer = accept(call, name, runner)
    assert answer.status_code == 400
    assert "jobUUID" in answer.json()["invalid-params"]


def test_other_jobs_of_the_platform_are_not_found(call, runner, user):
    from core.kinds.selftest import Selftest

    other = lifecycle.enqueue(Selftest, owner=user, params={"duration_s": 1.0, "stages": 1})
    assert accept(call, other, runner).status_code == 404


def test_a_job_of_our_own_workers_is_not_found(call, runner, video):
    assert accept(call, make_job(video, JobType.REMUX), runner).status_code == 404


@pytest.mark.case("transcode", 6)
@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
def test_a_job_that_is_over_is_no_longer_pending(call, runner, job, status):
    ends(job, status)
    answer = accept(call, job, runner)
    assert (answer.status_code, answer.json()["code"]) == (409, CODE)


def test_a_job_whose_parent_is_not_done_is_not_pending_yet(call, runner, video):
    child = make_job(video, parent=make_job(video))
    assert accept(call, child, runner).status_code == 409


def test_a_job_that_another_has_stays_with_it(call, held, runner, other_runner):
    answer = accept(call, held, other_runner)
    assert (answer.status_code, answer.json()["code"]) == (409, CODE)
    assert fresh(held).runner == runner
    assert fresh(held).token_hash == hash_of(held.token)


def test_whoever_accepts_gets_the_job_with_all_that_the_contract_names(call, runner, video):
    parent = make_job(video)
    ends(parent, Status.SUCCEEDED)
    child = make_job(video, parent=parent, priority=101)
    answer = accept(call, child, runner)
    assert answer.status_code == 200
    body = answer.json()["job"]
    token = body.pop("jobToken")
    times = {name: body.pop(name) for name in ("startedAt", "createdAt", "updatedAt")}
    assert body == {
        "uuid": str(child.pk),
        "type": "vod-hls-transcoding",
        "state": {"id": 2, "label": "Processing"},
        "progress": None,
        "priority": 101,
        "failures": 0,
        "error": None,
        "payload": child.payload,
        "finishedAt": None,
        "parent": {
            "id": str(parent.pk),
            "uuid": str(parent.pk),
            "type": "vod-hls-transcoding",
            "state": {"id": 3, "label": "Completed"},
        },
        "runner": {"id": runner.pk, "name": "one", "description": None},
    }
    assert token.startswith("ptrjt-")
    for written in times.values():
        assert len(written) == len("2026-01-31T12:00:00.000Z")
        assert written.endswith("Z")


def test_the_lease_is_the_runners_and_as_long_as_its_type_may_be_silent(call, runner, job):
    before = timezone.now()
    token = accept(call, job, runner).json()["job"]["jobToken"]
    row = fresh(job).job
    assert row.lease_token == lease_token_of(hash_of(token))
    assert row.holder == f"runner:{runner.pk}"
    assert row.lease_expires_at - before >= timedelta(seconds=120)


def test_a_new_accept_makes_a_new_token(call, runner, job):
    first = accepted(runner, job)
    lifecycle.release(fresh(job).job)
    second = accept(call, job, runner).json()["job"]["jobToken"]
    assert first != second
    assert fresh(job).token_hash == hash_of(second)


def test_a_job_is_withheld_from_the_runner_that_aborted_it_alone(call, held, runner, other_runner):
    call(f"/jobs/{held.pk}/abort", {**held.said, "reason": "going down"})
    assert accept(call, held, runner).json()["code"] == CODE
    assert call("/jobs/request", {"runnerToken": runner.token}).json()["availableJobs"] == []
    assert accept(call, held, other_runner).status_code == 200


def test_a_job_is_withheld_for_a_while_only(call, held, runner):
    call(f"/jobs/{held.pk}/abort", {**held.said, "reason": "going down"})
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    VideoJob.objects.filter(pk=held.pk).update(withheld={str(runner.pk): past})
    assert accept(call, held, runner).status_code == 200


@pytest.mark.case("transcode", 5)
def test_of_thirty_accepts_at_once_one_wins(platform, user):
    job = make_job(make_video(user))
    runners = [make_runner() for _ in range(30)]
    address = f"{platform.url}/api/v1/runners/jobs/{job.pk}/accept"

    def try_it(token):
        return httpx.post(address, json={"runnerToken": token}, timeout=180)

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(try_it, [token for _, token in runners]))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 29
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, CODE)}
    won = next(answer.json()["job"] for answer in answers if answer.status_code == 200)
    winner = runners[[answer.status_code for answer in answers].index(200)][0]
    row = fresh(job)
    assert won["runner"]["id"] == winner.pk == row.runner_id
    assert row.token_hash == hash_of(won["jobToken"])
    assert row.job.holder == winner.holder
    assert row.job.attempt == 1


@pytest.mark.case("transcode", 7)
def test_of_a_runner_and_a_local_worker_one_gets_the_job_fifty_times(platform, user, settings):
    """The worker's side is what a worker calls first; the runner's comes over HTTP.

    The worker starts a little later each time, so that the two meet at some of the rounds.
    """
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    platform.worker.kill()  # It would join in, and fail for want of a file.
    platform.upkeep.kill()  # "worker:7" keeps no lease alive: six seconds later it has lost it.
    video = make_video(user)
    runner, token = make_runner()

    def as_worker(job, late_s):
        try:
            time.sleep(late_s)
            return lifecycle.claim(job.pk, holder="worker:7")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool, httpx.Client(timeout=180) as client:
        for round_number in range(50):
            job = make_job(video)
            address = f"{platform.url}/api/v1/runners/jobs/{job.pk}/accept"
            here = pool.submit(as_worker, job, round_number / 1000)
            over_http = pool.submit(client.post, address, json={"runnerToken": token})
            status, claimed = over_http.result().status_code, here.result()
            row = fresh(job)
            assert (status, claimed is None) in [(200, True), (409, False)]
            assert row.job.holder == (runner.holder if status == 200 else "worker:7")
            assert (row.runner == runner) is (status == 200)
            assert bool(row.token_hash) is (status == 200)
    assert Job.objects.filter(status=Status.RUNNING, attempt=1).count() == 50


def test_after_a_refusal_an_event_tells_of_the_jobs_that_are_left(on_server):
    """The client is silent after a 409 until it hears of a job."""
    on_server.accept()
    make_job(on_server.video)
    with on_server.http.listen() as ears:
        while ears.wait(2.5):
            pass  # What was said when the jobs were made.
        assert on_server.http.accept(on_server.job.pk).status_code == 409
        assert ears.wait()
