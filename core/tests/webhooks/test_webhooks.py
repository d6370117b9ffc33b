"""Calls to users' addresses: what is refused, what is tried again, how a call is signed."""

import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import execution, lifecycle, upkeep
from core.jobs.models import Job, Status
from core.jobs.selectors import log_of
from core.kinds.webhook import CallWebhook
from core.net.errors import ForbiddenAddress
from core.webhooks.models import Webhook
from core.webhooks.services import announce
from tests.support.answering import answering, http

SECRET = "a secret that nobody else knows"
NEWS = {"event": "request.completed", "rid": "0" * 32, "status": 2, "note": "готово \0 \ud800"}


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db):
    """Nobody else takes the jobs of these tests."""


@pytest.fixture
def call(user, settings):
    """Return the function that announces news to a test's server and tries once to tell them."""

    def call_once(server, *, secret=SECRET, path="/hook") -> Job:
        settings.OUTBOUND_ALLOW = server.allow
        return attempted(announce(server.url + path, secret, NEWS, owner=user))

    return call_once


def attempted(job: Job) -> Job:
    """Let an attempt be made that need not wait."""
    Job.objects.filter(pk=job.pk).update(not_before=None)
    execution.execute(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://127.0.0.1/", "https://ada:x@example.org/", "https://[::1]/",
     "https://example.org:22/", "ftp://example.org/", "x", "https://169.254.169.254/"],
)  # fmt: skip
def test_an_address_that_must_not_be_reached_is_not_even_queued(user, url):
    with pytest.raises(ForbiddenAddress):
        announce(url, SECRET, NEWS, owner=user)

    assert not Job.objects.exists()


def test_a_name_that_leads_inside_ends_the_job_at_once(user, settings):
    settings.OUTBOUND_ALLOW = ["10.0.0.1"]

    job = attempted(announce("https://localhost/", SECRET, NEWS, owner=user))

    assert (job.status, job.error_code) == (Status.FAILED, "source_forbidden")


@pytest.mark.parametrize("status", [300, 302, 308, 400, 401, 404, 408, 410, 429, 500, 503])
def test_what_is_not_a_yes_is_tried_again_later(call, status):
    with answering(lambda _: http(status, Location="/else")) as server:
        job = call(server)

    assert (job.status, job.attempts_left) == (Status.QUEUED, 5)
    assert job.not_before > timezone.now()
    assert job.webhook.last_status == status
    assert job.webhook.delivered_at is None
    assert len(server.requests) == 1


def test_a_receiver_that_is_not_there_is_tried_again(user, settings, call):
    with answering(lambda _: b"") as server:
        pass

    job = call(server)

    assert (job.status, job.webhook.last_status) == (Status.QUEUED, None)
    assert "attempt 1: no answer (ConnectError)" in log_of(job)


def test_six_tries_over_an_hour_are_made_and_each_is_in_the_log(call):
    with answering(lambda _: http(500)) as server:
        job = call(server)
        for _ in range(5):
            assert job.status == Status.QUEUED
            attempted(job)

    assert (job.status, job.error_code) == (Status.FAILED, "webhook_refused")
    assert len(server.requests) == 6
    assert all(f"attempt {number}: status 500" in log_of(job) for number in range(1, 7))
    assert sum(CallWebhook.retry_delays_s) == 3600


def test_a_failed_call_can_be_made_again_by_a_person(call):
    with answering(lambda _: http(500 if len(server.requests) < 2 else 204)) as server:
        job = call(server)
        lifecycle.cancel(job.pk)
        lifecycle.retry(job.pk)
        attempted(job)

    assert job.status == Status.SUCCEEDED


def test_the_secret_is_in_nothing_that_is_shown_or_sent(call, api, caplog):
    with answering(lambda _: http(500)) as server:
        job = call(server)

    shown = api.get(f"/api/v1/jobs/{job.pk}/").content + api.get("/api/v1/jobs/").content
    told = shown + api.get(f"/api/v1/jobs/{job.pk}/log/").content
    sent = repr(server.requests).encode()
    for place in (told, sent, caplog.text.encode(), str(job.webhook).encode()):
        assert SECRET.encode() not in place


def test_no_log_of_ours_holds_the_address(call, caplog):
    caplog.set_level("DEBUG")

    with answering(lambda _: http(200)) as server:
        call(server, path="/hook/what-only-the-receiver-knows")

    assert "what-only-the-receiver-knows" not in caplog.text


def test_nobody_starts_such_a_job_by_hand(api):
    answer = api.post("/api/v1/jobs/", {"kind": "core.webhook", "params": {}}, format="json")

    assert answer.status_code == 403


def test_a_call_carries_json_and_its_signature(call):
    with answering(lambda _: http(204)) as server:
        job = call(server)

    (asked,) = server.requests
    parts = dict(part.split("=") for part in asked.headers["x-media-signature"].split(","))
    signed = parts["t"].encode() + b"." + asked.body
    assert parts["v1"] == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(int(parts["t"]) - time.time()) < 60
    assert (asked.method, asked.target) == ("POST", "/hook")
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == NEWS | {"note": "готово \0 \N{REPLACEMENT CHARACTER}"}
    assert job.status == Status.SUCCEEDED
    assert job.result == {"last_status": 204, "attempts": 1}


def test_without_a_secret_nothing_is_signed(call):
    with answering(lambda _: http(200)) as server:
        call(server, secret="")

    assert "x-media-signature" not in server.requests[0].headers


def test_a_delivered_call_keeps_no_secret(call):
    with answering(lambda _: http(200)) as server:
        job = call(server)

    row = Webhook.objects.get(pk=job.pk)
    assert (row.secret, row.body) == ("", "")
    assert (row.last_status, row.delivered_at is not None) == (200, True)


def test_a_call_without_an_owner_is_made(settings):
    with answering(lambda _: http(200)) as server:
        settings.OUTBOUND_ALLOW = server.allow
        job = attempted(announce(server.url, SECRET, NEWS, owner=None))

    assert job.status == Status.SUCCEEDED


def test_old_calls_are_removed_with_their_jobs(call):
    with answering(lambda _: http(200)) as server:
        call(server)
    Job.objects.update(finished_at=timezone.now() - timedelta(days=31))

    assert upkeep.prune() == 1
    assert not Webhook.objects.exists()
