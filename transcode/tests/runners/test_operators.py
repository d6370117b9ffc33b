"""The operators' doors: registration tokens, runners, jobs."""

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from tests.support.fixtures import client_of
from transcode.models import JobType, RegistrationToken, Runner, VideoJob, VideoState
from transcode.runners import holding
from transcode.states import JobState, state_of
from transcode.tests.factories import (
    accepted,
    ends,
    fresh,
    make_job,
    make_registration_token,
    make_runner,
)

BASE = "/api/v1/runners"


@pytest.fixture
def operator(staff, access_token):
    return client_of(staff, access_token)


def doors():
    some = uuid.UUID(int=1, version=4)
    return [
        ("post", "/registration-tokens/generate"),
        ("get", "/registration-tokens"),
        ("delete", "/registration-tokens/1"),
        ("get", ""),
        ("delete", "/1"),
        ("get", "/jobs"),
        ("post", f"/jobs/{some}/cancel"),
        ("delete", f"/jobs/{some}"),
    ]


@pytest.mark.parametrize(("method", "path"), doors())
def test_without_a_login_it_is_401(db, method, path):
    answer = getattr(APIClient(), method)(BASE + path)
    assert answer.status_code == 401
    assert answer.json()["error"]
    assert answer["WWW-Authenticate"]


@pytest.mark.parametrize(("method", "path"), doors())
def test_without_the_permission_it_is_403(api, method, path):
    answer = getattr(api, method)(BASE + path)
    assert answer.status_code == 403
    assert answer.json()["error"]


def test_a_runner_token_is_no_login(runner):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {runner.token}")
    assert client.get(BASE).status_code == 401


def test_the_permission_alone_opens_the_doors(user, access_token):
    user.user_permissions.add(Permission.objects.get(codename="manage_runners"))
    assert client_of(user, access_token).get(BASE).status_code == 200


def test_a_session_opens_them_too_with_its_csrf_token_only(staff):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(staff)
    assert client.get(BASE).status_code == 200
    assert client.post(f"{BASE}/registration-tokens/generate").status_code == 403


@pytest.mark.parametrize("path", ["/registration-tokens", "", "/jobs"])
@pytest.mark.parametrize(
    "query",
    ["start=-1", "start=x", "count=-1", "count=x", "sort=password", "sort=--createdAt",
     "start=99999999999999999999"],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused(operator, path, query):
    answer = operator.get(f"{BASE}{path}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["invalid-params"]) == [query.partition("=")[0]]


# ---- registration tokens


def test_a_token_is_made_without_a_word(operator):
    answer = operator.post(f"{BASE}/registration-tokens/generate")
    assert (answer.status_code, answer.content) == (204, b"")
    assert RegistrationToken.objects.get().token.startswith("ptrrt-")


def test_a_token_is_returned_where_that_is_asked_for(operator):
    answer = operator.post(
        f"{BASE}/registration-tokens/generate?return=1", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200
    token = RegistrationToken.objects.get()
    assert answer.json()["registrationToken"] == token.token
    assert answer.json()["id"] == token.pk


def test_the_command_prints_the_token_alone(db):
    out = StringIO()
    call_command("create_runner_registration_token", stdout=out)
    assert out.getvalue() == f"{RegistrationToken.objects.get().token}\n"


def test_tokens_are_listed_with_their_runners_counted(operator):
    token = make_registration_token()
    for name in ("a", "b"):
        make_runner(name, registration_token=token)
    newer = make_registration_token()
    body = operator.get(f"{BASE}/registration-tokens").json()
    assert body["total"] == 2
    assert [row["id"] for row in body["data"]] == [newer.pk, token.pk]
    row = body["data"][1]
    assert (row["registrationToken"], row["registeredRunnersCount"]) == (token.token, 2)
    assert sorted(row) == [
        "createdAt", "id", "registeredRunnersCount", "registrationToken", "updatedAt",
    ]  # fmt: skip
    turned = operator.get(f"{BASE}/registration-tokens?sort=createdAt&count=1").json()
    assert (turned["total"], [row["id"] for row in turned["data"]]) == (2, [token.pk])


def test_an_unknown_token_cannot_be_revoked(operator):
    for number in ("1", "99999999999999999999"):
        assert operator.delete(f"{BASE}/registration-tokens/{number}").status_code == 404


def test_a_revoked_token_takes_its_runners_along_and_their_jobs_go_back(operator, job, call):
    token = make_registration_token()
    mine, secret = make_runner(registration_token=token)
    other, _ = make_runner()
    accepted(mine, job)
    answer = operator.delete(f"{BASE}/registration-tokens/{token.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert list(Runner.objects.all()) == [other]
    assert fresh(job).job.status == Status.QUEUED
    refused = call("/jobs/request", {"runnerToken": secret})
    assert refused.json()["code"] == "unknown_runner_token"
    said = {"name": "x", "registrationToken": token.token}
    assert call("/register", said).status_code == 404


# ---- runners


def test_runners_are_listed_without_their_tokens(operator, runner):
    answer = operator.get(BASE)
    row = answer.json()["data"][0]
    assert sorted(row) == [
        "createdAt", "description", "id", "ip", "lastContact", "name", "updatedAt", "version",
    ]  # fmt: skip
    assert (row["id"], row["name"]) == (runner.pk, "one")
    assert runner.token not in answer.content.decode()
    assert runner.token_hash not in answer.content.decode()


def test_a_list_gives_fifteen_and_never_more_than_a_hundred(operator):
    token = make_registration_token()
    Runner.objects.bulk_create(
        Runner(name=f"r{n}", token_hash=f"{n}", registration_token=token) for n in range(105)
    )
    assert len(operator.get(BASE).json()["data"]) == 15
    assert len(operator.get(f"{BASE}?count=1000").json()["data"]) == 100
    rest = operator.get(f"{BASE}?start=100&count=50&sort=name").json()
    assert (rest["total"], len(rest["data"])) == (105, 5)


def test_an_unknown_runner_cannot_be_removed(operator):
    assert operator.delete(f"{BASE}/7").status_code == 404


def test_a_runner_that_is_removed_loses_its_jobs(operator, held, runner, call):
    assert operator.delete(f"{BASE}/{runner.pk}").status_code == 204
    row = fresh(held)
    assert (row.job.status, row.runner, row.token_hash) == (Status.QUEUED, None, "")
    late = call(f"/jobs/{held.pk}/error", {**held.said, "message": "x"})
    assert late.status_code == 404


def test_a_runner_that_is_removed_takes_no_job_at_the_same_moment(operator, job, runner):
    stale = Runner.objects.get(pk=runner.pk)
    operator.delete(f"{BASE}/{runner.pk}")
    with pytest.raises(Exception, match="Unknown runner token"):
        holding.accept(stale, job.pk)
    assert fresh(job).job.status == Status.QUEUED


def test_a_result_that_is_being_finished_outlives_its_runner(operator, held, runner):
    lifecycle.hand_over(fresh(held).job)
    operator.delete(f"{BASE}/{runner.pk}")
    assert fresh(held).job.is_finishing


# ---- jobs


def listed(operator, query=""):
    answer = operator.get(f"{BASE}/jobs?{query}")
    assert answer.status_code == 200
    return [row["uuid"] for row in answer.json()["data"]]


def test_jobs_are_listed_with_what_runners_are_not_told(operator, held, runner, video):
    VideoJob.objects.filter(pk=held.pk).update(private_payload={"isNewVideo": True})
    child = make_job(video, parent=held)
    answer = operator.get(f"{BASE}/jobs?sort=createdAt")
    first, second = answer.json()["data"]
    assert answer.json()["total"] == 2
    assert first["privatePayload"] == {"isNewVideo": True}
    assert first["runner"] == {"id": runner.pk, "name": "one", "description": None}
    assert first["state"] == {"id": 2, "label": "Processing"}
    assert "jobToken" not in first
    assert held.token not in answer.content.decode()
    assert second["uuid"] == str(child.pk)
    assert second["state"] == {"id": 5, "label": "Waiting for parent job to finish"}
    assert second["parent"]["uuid"] == str(held.pk)


@pytest.mark.parametrize(
    ("key", "column"),
    [("priority", "priority"), ("progress", None), ("updatedAt", None), ("createdAt", None),
     ("state", None)],
)  # fmt: skip
def test_jobs_can_be_ordered_both_ways(operator, video, key, column):
    jobs = [make_job(video, priority=number) for number in (100, 200, 300)]
    now = timezone.now()
    for number, job in enumerate(jobs):
        moment = now + timedelta(seconds=number)
        Job.objects.filter(pk=job.pk).update(
            progress=number / 10, updated_at=moment, created_at=moment
        )
    ends(jobs[1], Status.SUCCEEDED)
    ends(jobs[2], Status.FAILED)
    wanted = [str(job.pk) for job in jobs]
    assert listed(operator, f"sort={key}") == wanted
    assert listed(operator, f"sort=-{key}") == wanted[::-1]


def test_jobs_are_found_by_id_type_and_runner(operator, held, video):
    web = make_job(video, JobType.WEB_VIDEO)
    assert listed(operator, f"search={web.pk}") == [str(web.pk)]
    assert listed(operator, "search=WEB-video") == [str(web.pk)]
    assert listed(operator, "search=one") == [str(held.pk)]
    assert listed(operator, f"search={uuid.uuid4()}") == []
    assert operator.get(f"{BASE}/jobs?search=%00").status_code == 400


def test_jobs_are_filtered_by_one_state_or_several(operator, held, video):
    done, waiting = make_job(video), make_job(video, parent=held)
    ends(done, Status.SUCCEEDED)
    assert listed(operator, "stateOneOf=3") == [str(done.pk)]
    assert set(listed(operator, "stateOneOf=3&stateOneOf=5")) == {str(done.pk), str(waiting.pk)}
    assert listed(operator, "stateOneOf=9") == []
    for wrong in ("0", "10", "x"):
        assert operator.get(f"{BASE}/jobs?stateOneOf={wrong}").status_code == 400


def test_jobs_are_filtered_by_type(operator, held, video):
    web = make_job(video, JobType.WEB_VIDEO)
    assert listed(operator, "typeOneOf=vod-web-video-transcoding") == [str(web.pk)]
    assert listed(operator, "typeOneOf=nothing") == []


@pytest.mark.parametrize("state", ["pending", "processing", "waiting"])
def test_a_job_that_is_not_over_can_be_cancelled_with_its_children(
    operator, job, runner, video, state
):
    if state == "processing":
        accepted(runner, job)
    target = make_job(video, parent=job) if state == "waiting" else job
    child = make_job(video, parent=target)
    answer = operator.post(f"{BASE}/jobs/{target.pk}/cancel")
    assert (answer.status_code, answer.content) == (204, b"")
    assert state_of(fresh(target).job) == JobState.CANCELLED
    assert state_of(fresh(child).job) == JobState.PARENT_CANCELLED
    assert fresh(target).token_hash == ""


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
def test_a_job_that_is_over_cannot_be_cancelled(operator, job, status):
    ends(job, status)
    assert operator.post(f"{BASE}/jobs/{job.pk}/cancel").status_code == 400
    assert fresh(job).job.status == status


def test_a_job_that_is_being_finished_cannot_be_cancelled_but_erased(operator, held):
    lifecycle.hand_over(fresh(held).job)
    assert operator.post(f"{BASE}/jobs/{held.pk}/cancel").status_code == 400
    assert fresh(held).job.is_finishing

    assert operator.delete(f"{BASE}/jobs/{held.pk}").status_code == 204
    assert not Job.objects.exists()


def test_jobs_that_are_unknown_or_not_of_a_video_are_not_found(operator, user):
    from core.kinds.selftest import Selftest

    other = lifecycle.enqueue(Selftest, owner=user, params={"duration_s": 1.0, "stages": 1})
    for job_id in (uuid.uuid4(), other.pk):
        assert operator.post(f"{BASE}/jobs/{job_id}/cancel").status_code == 404
        assert operator.delete(f"{BASE}/jobs/{job_id}").status_code == 404
    assert operator.delete(f"{BASE}/jobs/x").status_code == 400
    assert Job.objects.filter(pk=other.pk).exists()


def test_what_an_erased_job_had_released_goes_on_without_it(operator, held):
    child = make_job(held.video, parent=held, resolution=0)
    lifecycle.succeed(fresh(held).job, {})

    assert operator.delete(f"{BASE}/jobs/{held.pk}").status_code == 204

    accepted(make_runner()[0], child)
    lifecycle.cancel(child.pk)
    lifecycle.retry(child.pk)
    assert fresh(child).job.status == Status.QUEUED
    held.video.refresh_from_db()
    assert held.video.state == VideoState.TO_TRANSCODE


@pytest.mark.parametrize("is_over", [False, True])
def test_a_job_is_erased(operator, held, is_over):
    if is_over:
        ends(held, Status.SUCCEEDED)
    assert operator.delete(f"{BASE}/jobs/{held.pk}").status_code == 204
    assert not Job.objects.exists()
