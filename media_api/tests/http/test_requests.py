"""One's requests: list, one, cancel, retry, delete (Media API contract, section 8)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.jobs import lifecycle
from core.jobs.models import Job
from media_api import storage
from media_api.models import MediaRequest
from media_api.tests.made import Requests
from media_api.upkeep import clean

API = "/api/v1"
ZEROS = "0" * 32


@pytest.fixture
def send(api):
    """Return a function: `send("post", rid, "cancel/")` gives status and body."""

    def call(method, request, what="", client=api):
        rid = getattr(request, "rid", request)
        answer = getattr(client, method)(f"{API}/requests/{rid}/{what}")
        return answer.status_code, answer.json() if answer.content else None

    return call


NOT_FOUND = (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("method", "what"), [("get", ""), ("delete", ""), ("post", "cancel/"), ("post", "retry/")]
)
def test_anothers_request_is_like_an_unknown_one(send, others_requests, method, what):
    theirs = others_requests.failed()

    for rid in (ZEROS, "x", "A" * 32, theirs.rid):
        assert send(method, rid, what) == NOT_FOUND
    assert MediaRequest.objects.filter(pk=theirs.pk).exists()
    assert storage.raw_of(theirs.rid)


@pytest.mark.parametrize(
    ("method", "what"), [("get", ""), ("delete", ""), ("post", "cancel"), ("post", "retry")]
)
def test_the_last_slash_may_be_missing(api, method, what):
    path = f"{API}/requests/{ZEROS}/{what}".rstrip("/")

    answer = getattr(api, method)(path)

    assert (answer.status_code, answer.json()) == NOT_FOUND


# ---- cancel


def test_what_has_ended_is_not_canceled(send, requests):
    for over in (requests.finished(), requests.failed()):
        status, body = send("post", over, "cancel/")

        assert (status, list(body)) == (409, ["detail"])


@pytest.mark.parametrize("stage", ["queued", "running"])
def test_cancel_ends_a_request_at_once(send, requests, api, stage):
    request = getattr(requests, stage)()

    assert send("post", request, "cancel/") == (202, {"rid": request.rid, "status": 4})

    status = api.get(f"{API}/status/{request.rid}/").json()
    assert (status["status"], status["error"]["code"]) == (4, "canceled_by_user")
    assert storage.raw_of(request.rid), "kept, to be tried again"


# ---- retry


def test_what_has_not_failed_is_not_tried_again(send, requests):
    for request in (requests.queued(), requests.running(), requests.finished()):
        status, body = send("post", request, "retry/")

        assert (status, list(body)) == (410, ["detail"])


def test_what_has_no_input_any_more_is_not_tried_again(send, requests):
    request = requests.failed()
    storage.remove_input(request.rid)

    assert send("post", request, "retry/")[0] == 410
    assert MediaRequest.objects.count() == 1


def test_a_retry_is_a_new_request_of_the_same_input(send, requests):
    error = {"code": "ffmpeg_failed", "message": "The encoder failed.", "stage": 2}
    for old in (requests.failed(), requests.finished(error=error)):
        status, body = send("post", old, "retry/")

        assert (status, list(body)) == (200, ["rid"])
        assert body["rid"] != old.rid
        new = MediaRequest.objects.get(pk=body["rid"])
        for name in ("request_type", "actions", "config", "original_name", "fingerprint"):
            assert getattr(new, name) == getattr(old, name)
        assert storage.raw_of(new.rid).read_bytes() == b"some bytes"
        storage.remove_all(old.rid)
        assert storage.raw_of(new.rid).read_bytes() == b"some bytes"


def linked(request, input_type="url", value="https://example.org/film.mp4"):
    """Have a request's input come from elsewhere."""
    MediaRequest.objects.filter(pk=request.pk).update(input_type=input_type, input_value=value)
    return request


def test_what_was_fetched_is_tried_again_while_it_is_kept(send, api, requests, folders):
    old = linked(requests.failed())

    status, body = send("post", old, "retry/")

    assert status == 200
    assert storage.raw_of(body["rid"]).read_bytes() == b"some bytes"
    lifecycle.cancel(MediaRequest.objects.get(pk=body["rid"]).job_id)
    storage.remove_input(old.rid)
    storage.remove_input(body["rid"])
    assert send("post", old, "retry/")[0] == 410
    assert folders() == []
    assert MediaRequest.objects.count() == 2


@pytest.mark.parametrize("input_type", ["url", "path"])
def test_the_job_of_what_has_no_input_any_more_is_not_tried_again(api, requests, input_type):
    request = linked(requests.failed(), input_type, "/nowhere/film.mp4")
    storage.remove_input(request.rid)

    assert api.post(f"{API}/jobs/{request.job_id}/retry/").status_code == 409
    assert api.post(f"{API}/requests/{request.rid}/retry/").status_code == 410


@pytest.mark.parametrize(
    ("changed", "role", "answers"),
    [
        ({}, "admin", [200, 202]),
        ({"allow_local_files": False}, "admin", [410, 409]),
        ({"local_files_roots": ["/nowhere"]}, "admin", [410, 409]),
        ({}, "user", [410, 409]),
    ],
    ids=["nothing", "off", "roots", "person"],
)
def test_a_path_is_tried_again_only_where_it_could_be_posted(
    api, staff, configured, tmp_path, changed, role, answers
):
    root = tmp_path / "films"
    root.mkdir()
    (root / "a.mp4").write_bytes(b"film")
    old = linked(Requests(staff).failed(), "path", str(root / "a.mp4"))
    configured(**{"allow_local_files": True, "local_files_roots": [str(root)], **changed})
    User.objects.filter(pk=staff.pk).update(role=role)
    api.force_authenticate(staff)

    paths = (f"{API}/requests/{old.rid}/retry/", f"{API}/jobs/{old.job_id}/retry/")

    assert [api.post(path).status_code for path in paths] == answers


def test_a_second_retry_is_the_same_work(send, requests, folders):
    old = requests.failed()
    new = send("post", old, "retry/")[1]["rid"]

    assert send("post", old, "retry/") == (409, {"detail": "Already queued", "rid": new})
    assert folders() == sorted([old.rid, new])


def test_a_retry_waits_its_turn_like_everybody(send, requests, configured, folders):
    old, waiting = requests.failed(), requests.queued()
    configured(requests_queue_size=1)

    assert send("post", old, "retry/")[0] == 503
    assert folders() == sorted([old.rid, waiting.rid])


def test_the_job_itself_is_tried_again_as_long_as_its_input_is_there(api, requests):
    request = requests.failed()
    path = f"{API}/jobs/{request.job_id}/retry/"

    assert api.post(path).status_code == 202
    assert api.get(f"{API}/status/{request.rid}/").json()["status"] == 0

    lifecycle.cancel(request.job_id)
    storage.remove_input(request.rid)
    assert api.post(path).status_code in (409, 410)
    assert api.get(f"{API}/status/{request.rid}/").json()["status"] == 4


# ---- delete


@pytest.mark.parametrize("stage", ["queued", "running", "finished", "failed"])
def test_a_deleted_request_leaves_nothing(api, requests, stage):
    request, other = getattr(requests, stage)(), requests.finished(suffix=".mp3")

    answer = api.delete(f"{API}/requests/{request.rid}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"{API}/status/{request.rid}/").json() == {"rid": request.rid, "status": 5}
    assert api.get(f"{API}/download/{request.rid}/").status_code == 404
    assert not Job.objects.filter(pk=request.job_id).exists()
    for path in (
        storage.data_folder(request.rid),
        storage.out_folder(request.rid),
        storage.archive(request.rid),
    ):
        assert not path.exists()
    assert storage.archive(other.rid).exists()


def test_a_worker_of_a_deleted_request_has_lost_it(api, requests):
    request = requests.running("compress", 0.5)
    api.delete(f"{API}/requests/{request.rid}/")

    with pytest.raises(lifecycle.LeaseLost):
        lifecycle.succeed(request.job, {"outputs": []})


# ---- the list and one of it


def listed(api, query=""):
    answer = api.get(f"{API}/requests/{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_list_holds_ones_own_newest_first(api, requests, others_requests, nobodys_requests):
    others_requests.queued()
    nobodys_requests.queued()
    old, new = requests.queued(), requests.finished()

    page = listed(api)

    assert [row["rid"] for row in page["results"]] == [new.rid, old.rid]
    assert (page["count"], page["next"], page["previous"]) == (2, None, None)
    assert api.get(f"{API}/requests").json() == page


def test_a_row_says_how_far_and_what(api, requests):
    request = requests.finished()

    row = listed(api)["results"][0]

    assert row == {
        **api.get(f"{API}/status/{request.rid}/").json(),
        "type": "custom",
        "actions": ["compress", "extract_audio"],
        "filename": "film.mp4",
        "createdAt": request.created_at.isoformat(),
        "finishedAt": request.job.finished_at.isoformat(),
        "outputs": ["audio", "video"],
    }


def test_the_list_is_filtered_by_status_and_type(api, requests):
    error = {"code": "ffmpeg_failed", "message": "The encoder failed.", "stage": 2}
    made = [
        requests.queued(request_type="compress"),
        requests.running(),
        requests.finished(),
        requests.finished(error=error),
        requests.failed(),
    ]
    canceled = requests.queued()
    lifecycle.cancel(canceled.job_id)

    for status, request in enumerate(made[:4]):
        assert [row["rid"] for row in listed(api, f"?status={status}")["results"]] == [request.rid]
    assert {row["rid"] for row in listed(api, "?status=4")["results"]} == {
        made[4].rid, canceled.rid
    }  # fmt: skip
    assert [row["rid"] for row in listed(api, "?type=compress")["results"]] == [made[0].rid]
    assert listed(api, "?type=compress&status=2")["count"] == 0


@pytest.mark.parametrize("query", ["?status=5", "?status=x", "?status=", "?type=film", "?type=%00"])
def test_a_filter_that_there_is_not_is_refused(api, query):
    answer = api.get(f"{API}/requests/{query}")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "query"


def test_the_list_has_pages(api, requests):
    rids = [requests.queued().rid for _ in range(51)]

    first = listed(api)
    second = listed(api, "?page=2")

    assert (first["count"], len(first["results"]), len(second["results"])) == (51, 50, 1)
    assert first["next"].endswith("/api/v1/requests/?page=2")
    assert second["previous"].endswith("/api/v1/requests/")
    assert second["results"][0]["rid"] == rids[0]
    for page in ("0", "3", "x", "9" * 30):
        assert api.get(f"{API}/requests/?page={page}").status_code == 404


def test_nobody_has_no_list(anybody, nobodys_requests, configured):
    configured(auth={"required": False})
    nobodys_requests.queued()

    assert listed(anybody)["results"] == []


def test_one_request_tells_its_place_in_the_queue(send, requests, others_requests):
    others_requests.queued()
    first, second = requests.queued(), requests.queued()
    running = requests.running()

    assert send("get", first)[1]["queuePosition"] == 2
    status, body = send("get", second)
    assert (status, body["queuePosition"], body["etaSeconds"]) == (200, 3, None)
    assert (body["webhook"], body["finishedAt"]) == (None, None)
    assert send("get", running)[1]["queuePosition"] is None


def test_the_queue_is_one_whatever_work_waits_in_it(send, requests):
    requests.queued()
    requests.queued()
    picture = requests.queued(actions=("to_text",))
    later = requests.queued()

    assert send("get", picture)[1]["queuePosition"] == 3
    assert send("get", later)[1]["queuePosition"] == 4


def test_one_request_tells_what_its_webhook_came_to(send, requests):
    request = requests.queued(webhook_url="https://example.org/hook", webhook_secret="s3cret")
    nothing_yet = {"attempts": 0, "lastStatus": None, "deliveredAt": None}
    assert send("get", request)[1]["webhook"] == nothing_yet

    lifecycle.cancel(request.job_id)
    request.refresh_from_db()
    call = request.webhook_job
    assert '"event": "request.completed"' in call.webhook.body
    assert (call.webhook.url, call.webhook.secret) == ("https://example.org/hook", "s3cret")
    at = timezone.now()
    Job.objects.filter(pk=call.pk).update(attempt=2)
    type(call.webhook).objects.filter(pk=call.pk).update(last_status=204, delivered_at=at)

    body = send("get", request)[1]

    assert body["webhook"] == {"attempts": 2, "lastStatus": 204, "deliveredAt": at.isoformat()}
    assert "s3cret" not in str(body)


def test_a_key_that_has_grown_old_stands_for_nothing(post):
    first = post("compress/", {}, b"x", Idempotency_Key="k").json()["rid"]
    MediaRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))

    answer = post("transcribe/", {}, b"x", Idempotency_Key="k")

    assert answer.status_code == 200
    assert answer.json()["rid"] != first


@pytest.mark.case("media_api", 36)
def test_what_has_had_its_time_goes_and_the_rest_stays(api, requests, configured):
    configured(cleanup={"request_files_ttl": 1})
    old, fresh, waiting = requests.finished(), requests.finished(), requests.queued()
    Job.objects.filter(pk=old.job_id).update(finished_at=timezone.now() - timedelta(seconds=2))
    Job.objects.filter(pk=fresh.job_id).update(finished_at=timezone.now() + timedelta(hours=1))

    assert clean() == 1

    assert api.get(f"{API}/status/{old.rid}/").json() == {"rid": old.rid, "status": 5}
    assert api.get(f"{API}/download/{old.rid}/").status_code == 404
    for path in (storage.data_folder(old.rid), storage.out_folder(old.rid)):
        assert not path.exists()
    assert not storage.archive(old.rid).exists()
    assert api.get(f"{API}/download/{fresh.rid}/").status_code == 200
    assert storage.raw_of(waiting.rid)
