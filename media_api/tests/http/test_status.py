"""How far a request is, by both addresses (Media API contract, 2.6)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job

API = "/api/v1"
ZEROS = "0" * 32


@pytest.fixture
def status_of(api):
    """Return a function that asks by all four spellings and returns the one answer they give."""

    def ask(rid, client=api):
        paths = (f"status/{rid}/", f"status/{rid}", f"status/?request_id={rid}")
        answers = [client.get(f"{API}/{path}") for path in (*paths, f"status?request_id={rid}")]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        return answers[0].json()

    return ask


def test_without_a_rid_there_is_nothing_to_say(api):
    for path in ("status/", "status"):
        answer = api.get(f"{API}/{path}")

        assert answer.status_code == 422
        assert answer.json() == {
            "detail": [{"loc": ["query", "request_id"], "msg": "Field required", "type": "missing"}]
        }


def test_a_rid_of_more_than_64_characters_is_refused_by_both_addresses(api):
    for path, where in (
        (f"status/{'a' * 65}/", "path"),
        (f"status/?request_id={'a' * 65}", "query"),
    ):
        answer = api.get(f"{API}/{path}")

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == [where, "request_id"]
        assert answer.json()["detail"][0]["type"] == "string_too_long"
    assert api.get(f"{API}/status/{'a' * 64}/").status_code == 200


@pytest.mark.case("media_api", 24)
def test_a_rid_of_zeros_has_status_5_and_nothing_else(status_of):
    assert status_of(ZEROS) == {"rid": ZEROS, "status": 5}


@pytest.mark.parametrize("rid", ["x", "ws", "A" * 32, "0" * 31, "%00", "a%0Ab", "..", "%C3%A9"])
def test_what_is_no_rid_has_status_5_too(api, rid):
    answer = api.get(f"{API}/status/?request_id={rid}")

    assert answer.status_code == 200
    assert answer.json()["status"] == 5
    assert list(answer.json()) == ["rid", "status"]


def test_anothers_request_is_like_an_unknown_one(status_of, others_requests):
    rid = others_requests.finished().rid

    assert status_of(rid) == {"rid": rid, "status": 5}


@pytest.mark.case("media_api", 23)
def test_a_queued_request_tells_the_same_by_both_addresses(status_of, requests):
    rid = requests.queued().rid

    assert status_of(rid) == {
        "rid": rid, "status": 0, "curStage": -1, "totalStages": -1, "elapsedTime": 0, "pct": 0
    }  # fmt: skip


def test_a_running_request_tells_its_stage(status_of, requests):
    before = requests.running()
    within = requests.running("compress", 0.43)

    assert status_of(before.rid)["curStage"] == 0
    answer = status_of(within.rid)
    assert (answer["status"], answer["curStage"], answer["totalStages"]) == (1, 2, 2)
    assert answer["pct"] == 43
    assert "error" not in answer


def test_a_new_stage_begins_at_nothing(status_of, requests):
    request = requests.running("extract_audio", 0.9)
    lifecycle.report(request.job, stage="compress", stage_index=1, progress=0.0)

    assert status_of(request.rid)["pct"] == 0


def test_elapsed_time_stands_still_at_the_end_and_is_never_negative(status_of, requests):
    request = requests.finished()
    end = timezone.now()
    times = Job.objects.filter(pk=request.job_id)
    times.update(started_at=end - timedelta(seconds=17.9), finished_at=end)

    assert status_of(request.rid)["elapsedTime"] == 17

    times.update(started_at=end + timedelta(hours=3))
    assert status_of(request.rid)["elapsedTime"] == 0


@pytest.mark.parametrize("returned", [lifecycle.release, lifecycle.reap_holder])
def test_what_is_canceled_while_it_waits_again_has_not_begun(status_of, requests, returned):
    request = requests.running("compress", 0.5)
    began = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=request.job_id).update(started_at=began)
    returned(request.job)
    lifecycle.cancel(request.job_id)

    answer = status_of(request.rid)

    assert (answer["status"], answer["curStage"], answer["pct"]) == (4, -1, 0)
    assert (answer["elapsedTime"], answer["error"]["stage"]) == (0, 0)


def test_a_finished_request_stands_at_its_last_stage(status_of, requests):
    answer = status_of(requests.finished().rid)

    assert (answer["status"], answer["curStage"], answer["totalStages"]) == (2, 2, 2)
    assert answer["pct"] == 100
    assert "error" not in answer


def test_what_failed_in_part_says_which_stage_and_why(status_of, requests):
    error = {"code": "ffmpeg_failed", "message": "The encoder failed.", "stage": 2}

    answer = status_of(requests.finished(error=error).rid)

    assert (answer["status"], answer["error"]) == (3, error)
    assert (answer["curStage"], answer["totalStages"], answer["pct"]) == (2, 2, 100)


def test_what_failed_says_why(status_of, requests):
    answer = status_of(requests.failed().rid)

    assert answer["status"] == 4
    assert answer["error"] == {
        "code": "no_audio_stream", "message": "There is no sound.", "stage": 0
    }  # fmt: skip


def test_a_code_that_is_none_of_the_contracts_is_told_as_internal(status_of, requests):
    answer = status_of(requests.failed(code="lease_lost").rid)

    assert answer["error"]["code"] == "internal"


def test_without_an_account_a_request_of_nobody_is_told_to_whoever_knows_it(
    status_of, nobodys_requests, requests, anybody, configured
):
    configured(auth={"required": False})
    free, owned = nobodys_requests.queued().rid, requests.queued().rid

    assert status_of(free, anybody)["status"] == 0
    assert status_of(free)["status"] == 0
    assert status_of(owned, anybody) == {"rid": owned, "status": 5}


def test_where_an_account_is_needed_nobody_is_told_anything(anybody, nobodys_requests):
    answer = anybody.get(f"{API}/status/{nobodys_requests.queued().rid}/")

    assert answer.status_code == 401
    assert list(answer.json()) == ["detail"]
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_token_is_refused_where_none_is_needed(anybody, configured):
    configured(auth={"required": False})
    anybody.credentials(HTTP_AUTHORIZATION="Bearer wrong")

    assert anybody.get(f"{API}/status/{ZEROS}/").status_code == 401
