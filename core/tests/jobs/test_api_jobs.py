"""A user's jobs over HTTP: the list, one job, its log, cancel and retry."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from core.jobs import lifecycle
from core.jobs.holding import Holding
from core.jobs.models import Job
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take

URL = "/api/v1/jobs/"
DOORS = [("get", ""), ("get", "log/"), ("post", "cancel/"), ("post", "retry/")]


def call(client, job, door):
    method, path = door
    return getattr(client, method)(f"{URL}{getattr(job, 'pk', job)}/{path}")


@pytest.mark.parametrize("door", DOORS)
def test_a_stranger_sees_and_does_nothing(job, door):
    assert call(APIClient(), job, door).status_code == 401


@pytest.mark.parametrize("door", DOORS)
def test_another_users_job_does_not_exist(api, make, other_user, door):
    theirs = make(owner=other_user)
    response = call(api, theirs, door)
    assert response.status_code == 404
    assert response.json() == call(api, uuid.uuid4(), door).json()
    assert fresh(theirs).revision == theirs.revision


@pytest.mark.parametrize("door", DOORS)
def test_an_id_that_is_none_is_not_found(api, door):
    assert call(api, "not-an-id", door).status_code == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_job_is_not_edited(api, job, method):
    assert getattr(api, method)(f"{URL}{job.pk}/", {"status": "succeeded"}).status_code == 405


@pytest.mark.parametrize("query", ["status=done", "cursor=x", "cursor=%00", "page_size=0"])
def test_a_bad_filter_is_refused(api, job, query):
    assert api.get(f"{URL}?{query}").status_code == 400


@pytest.mark.parametrize("kind", ["tests.gone", "%00", "'", "x" * 5000])
def test_a_kind_that_is_none_lists_nothing(api, job, kind):
    assert api.get(f"{URL}?kind={kind}").json()["results"] == []


def test_a_finished_job_cannot_be_cancelled(api, held):
    lifecycle.succeed(held, {})
    response = call(api, held, ("post", "cancel/"))
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_a_job_that_did_not_fail_cannot_be_retried(api, job, state):
    Job.objects.update(status=state)
    assert call(api, job, ("post", "retry/")).status_code == 409


def test_the_list_has_only_ones_own_the_newest_first(api, make, other_user):
    make(owner=other_user)
    make(owner=None)
    mine = [make() for _ in range(3)]
    page = api.get(URL).json()
    assert [job["id"] for job in page["results"]] == [str(job.pk) for job in reversed(mine)]
    assert (page["next"], page["previous"]) == (None, None)


def test_the_list_is_filtered_by_kind_and_status(api, make):
    job, other = make(), make(kinds.Delayed)
    lifecycle.cancel(make().pk)
    ids = lambda query: {found["id"] for found in api.get(f"{URL}?{query}").json()["results"]}  # noqa: E731
    assert ids("kind=tests.delayed") == {str(other.pk)}
    assert ids("status=queued") == {str(job.pk), str(other.pk)}
    assert ids("status=queued&kind=tests.plain") == {str(job.pk)}


def test_pages_follow_each_other_while_jobs_come(api, make):
    jobs = [make() for _ in range(5)]
    first = api.get(f"{URL}?page_size=2").json()
    make()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    seen = [job["id"] for page in (first, second, third) for job in page["results"]]
    assert seen == [str(job.pk) for job in reversed(jobs)]
    assert third["next"] is None


def test_a_page_costs_the_same_whatever_it_shows(api, make):
    for _ in range(3):
        make(parent=take(make()))
    with CaptureQueriesContext(connection) as caught:
        assert len(api.get(URL).json()["results"]) == 6
    assert len(caught) <= 3


def test_a_job_shows_where_it_stands(api, held):
    lifecycle.report(held, "second", 1, 0.25)
    body = call(api, held, ("get", "")).json()
    assert (body["stage"], body["stage_index"], body["stage_count"]) == ("second", 1, 2)
    assert (body["progress"], body["attempt"], body["status"]) == (0.25, 1, "running")
    assert body["started_at"] is not None


def test_a_failed_job_says_why(api, held):
    lifecycle.fail(held, "dark", "Too dark.")
    assert call(api, held, ("get", "")).json()["error"] == {"code": "dark", "message": "Too dark."}


def test_a_job_shows_nothing_of_its_holder(api, held):
    body = call(api, held, ("get", "")).content.decode()
    assert "runner:test" not in body
    assert str(held.lease_token) not in body


def test_a_job_that_never_ran_has_no_log(api, job):
    assert call(api, job, ("get", "log/")).json() == {"lines": []}


def test_a_log_has_the_lines_of_the_newest_attempt(api, held):
    first = Holding(held, memory_limit_bytes=1)
    first.log("old")
    first.save_log()
    lifecycle.release(held)
    again = Holding(take(held), memory_limit_bytes=1)
    again.log("one")
    again.log("<b>two</b>")
    again.save_log()
    assert call(api, held, ("get", "log/")).json() == {"lines": ["one", "<b>two</b>"]}


def test_a_cancel_is_accepted(api, held):
    response = call(api, held, ("post", "cancel/"))
    assert (response.status_code, response.json()["status"]) == (202, "cancelled")
    assert fresh(held).status == "cancelled"


def test_a_retry_is_accepted(api, held):
    lifecycle.fail(held, "no", "No.")
    response = call(api, held, ("post", "retry/"))
    assert (response.status_code, response.json()["status"]) == (202, "queued")
    assert response.json()["error"] is None


def test_a_long_wait_is_no_secret(api, make):
    job = make(kinds.Delayed)
    Job.objects.update(not_before=timezone.now() + timedelta(hours=1))
    assert call(api, job, ("get", "")).json()["status"] == "queued"
