"""How many requests of one user, or of one address, may wait or run (contract, 8.10)."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections as databases

from core.jobs import lifecycle
from core.jobs.models import Job
from media_api.models import MediaRequest
from media_api.services.errors import TooManyActive
from media_api.services.submitting import Draft, submit

API = "/api/v1"
REFUSAL = {"detail": "Too many of your requests wait or run already. Try again later"}


@pytest.mark.parametrize("size", [10, 100_000], ids=["small", "large"])
def test_more_requests_at_once_than_a_user_may_have_are_refused(
    post, other_api, configured, requests, folders, size
):
    configured(limits={"active_per_user": 2}, requests_queue_size=1)
    running = requests.running()
    waiting = post("compress/", {}, b"one").json()["rid"]

    answer = post("compress/", {}, b"x" * size)

    assert (answer.status_code, answer.json()) == (429, REFUSAL)
    assert answer["Retry-After"] == "30"
    assert folders() == sorted([running.rid, waiting])
    assert post("compress/", {}, b"one").status_code == 409
    assert post("compress/", {}, b"x" * size, client=other_api).status_code == 503
    lifecycle.cancel(running.job_id)
    lifecycle.cancel(MediaRequest.objects.get(pk=waiting).job_id)
    assert post("compress/", {}, b"x" * size).status_code == 200


def test_who_has_no_account_is_held_to_it_by_the_address(post, anybody, api, configured):
    configured(auth={"required": False}, limits={"active_per_user": 1})

    def sent(client, address, content):
        client.defaults["REMOTE_ADDR"] = address
        return post("compress/", {}, content, client=client).status_code

    assert sent(anybody, "198.51.100.7", b"1") == 200
    assert sent(anybody, "198.51.100.7", b"2") == 429
    assert sent(anybody, "198.51.100.8", b"2") == 200
    assert sent(anybody, "2001:db8::1", b"3") == 200
    assert sent(anybody, "2001:db8::2", b"4") == 429
    assert sent(api, "198.51.100.7", b"5") == 200
    assert MediaRequest.objects.get(owner__isnull=False).client == ""


def test_a_request_tried_again_counts_too(post, api, configured, requests):
    failed = requests.failed()
    configured(limits={"active_per_user": 1})
    assert post("compress/", {}, b"one").status_code == 200

    assert api.post(f"{API}/requests/{failed.rid}/retry/").status_code == 429


def test_of_many_at_once_no_more_are_taken_than_one_user_may_have(user):
    def take(number):
        try:
            rid = uuid.uuid4().hex
            draft = Draft(
                rid=rid, owner=user, request_type="compress", actions=("compress",), config={},
                input_type="url", input_value="https://example.org/a", source=f"url:{number}",
            )  # fmt: skip
            return submit(draft, queue_size=100, deduplicate=True, active_limit=2)
        except TooManyActive:
            return None
        finally:
            databases.close_all()

    with ThreadPoolExecutor(8) as pool:
        made = [request for request in pool.map(take, range(16)) if request]

    assert len(made) == MediaRequest.objects.count() == Job.objects.count() == 2
