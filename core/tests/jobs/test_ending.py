"""running to any end: only for the holder, once, and for good."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job, JobAttempt, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take

WRITES = {
    "report": lambda job: lifecycle.report(job, "first", 0, 0.5),
    "renew": lifecycle.renew,
    "succeed": lambda job: lifecycle.succeed(job, {"late": True}),
    "fail": lambda job: lifecycle.fail(job, "late", "Late."),
    "postpone": lambda job: lifecycle.postpone(job, "late", "Late."),
    "release": lifecycle.release,
}
LOSSES = {
    "cancelled": lambda job: lifecycle.cancel(job.pk),
    "released": lifecycle.release,
    "succeeded": lambda job: lifecycle.succeed(job, {"first": True}),
    "failed": lambda job: lifecycle.fail(job, "first", "First."),
    "taken over": lambda job: (lifecycle.reap_holder(job), take(job)),
    "removed": lambda job: Job.objects.filter(pk=job.pk).delete(),
}

RETURNS = {
    "released": lifecycle.release,
    "postponed": WRITES["postpone"],
    "lost": lifecycle.reap_holder,
    "tried again": lambda job: (LOSSES["failed"](job), lifecycle.retry(job.pk)),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_late_worker_changes_nothing(held, write, loss):
    LOSSES[loss](held)
    rows = list(Job.objects.values()), list(JobAttempt.objects.values())

    with pytest.raises(lifecycle.LeaseLost):
        WRITES[write](held)

    assert (list(Job.objects.values()), list(JobAttempt.objects.values())) == rows


def test_what_belongs_to_a_success_is_not_written_by_a_late_worker(held):
    lifecycle.cancel(held.pk)
    written = []
    with pytest.raises(lifecycle.LeaseLost):
        lifecycle.succeed(held, {}, within=written.append)
    assert written == []


def test_a_success_whose_writes_fail_is_no_success(held):
    def explode(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        lifecycle.succeed(held, {}, within=explode)
    assert fresh(held).status == Status.RUNNING


def test_a_success_keeps_its_result_and_ends_its_attempt(held):
    done = lifecycle.succeed(held, {"pages": 3})
    assert (done.status, done.result, done.progress) == (Status.SUCCEEDED, {"pages": 3}, 1.0)
    assert (done.lease_token, done.lease_expires_at, done.holder) == (None, None, "")
    assert done.finished_at is not None
    assert JobAttempt.objects.get(job=done).outcome == "succeeded"


def test_a_result_with_what_no_database_keeps_is_cleaned(held):
    done = lifecycle.succeed(held, {"te\0xt": "a\0b\ud800c", "n": float("nan"), "l": ["\0"]})
    assert fresh(done).result == {"text": "ab\N{REPLACEMENT CHARACTER}c", "n": None, "l": [""]}


def test_a_failure_keeps_its_code_and_sentence(held):
    failed = lifecycle.fail(held, "too_dark", "The page is too dark.")
    assert (failed.status, failed.error_code) == (Status.FAILED, "too_dark")
    assert failed.error_message == "The page is too dark."
    assert JobAttempt.objects.get(job=failed).outcome == "too_dark"


def test_a_failure_of_any_length_and_content_can_be_written(held):
    failed = lifecycle.fail(held, "c" * 500, "\0\udfff" + "m" * 10**6)
    assert len(failed.error_code) == 64
    assert "\0" not in failed.error_message


def test_a_released_job_gets_its_attempt_back_and_is_sent(held, queues):
    queues.clear()
    waiting = lifecycle.release(held)
    assert (waiting.status, waiting.attempts_left, waiting.attempt) == (Status.QUEUED, 3, 1)
    assert JobAttempt.objects.get(job=waiting).outcome == "released"
    assert queues.sent() == [str(waiting.pk)]


def test_a_postponed_job_is_sent_at_once_when_its_kind_names_no_delay(held, queues):
    queues.clear()
    waiting = lifecycle.postpone(held, "busy", "Not now.")
    assert (waiting.status, waiting.attempts_left) == (Status.QUEUED, 2)
    assert waiting.not_before is None
    assert queues.sent() == [str(waiting.pk)]


def test_a_postponed_job_waits_longer_each_time_then_fails(make):
    job, delays = make(kinds.Delayed), []
    for _ in range(3):
        waiting = lifecycle.postpone(take(job), "busy", "Not now.")
        delays.append(round((waiting.not_before - timezone.now()).total_seconds(), -1))
        past = timezone.now() - timedelta(seconds=1)
        Job.objects.filter(pk=job.pk).update(not_before=past)
    assert delays == [10.0, 60.0, 60.0]
    failed = lifecycle.postpone(take(job), "busy", "Not now.")
    assert (failed.status, failed.error_code) == (Status.FAILED, "busy")


def test_a_retried_job_waits_as_it_did_the_first_time(make):
    job = make(kinds.Delayed)
    lifecycle.fail(take(job), "no", "No.")
    lifecycle.retry(job.pk)
    waiting = lifecycle.postpone(take(job), "busy", "Not now.")
    assert round((waiting.not_before - timezone.now()).total_seconds(), -1) == 10.0


@pytest.mark.parametrize("way", RETURNS)
def test_a_job_that_waits_again_has_not_begun(held, way):
    RETURNS[way](held)
    assert (fresh(held).status, fresh(held).started_at) == (Status.QUEUED, None)
    assert lifecycle.cancel(held.pk).started_at is None
    lifecycle.retry(held.pk)
    assert take(held).started_at > held.started_at


def test_every_change_makes_the_revision_greater(make):
    kinds.Scripted.is_deaf = False
    job = make(kinds.Scripted)
    lifecycle.report(take(job), "a", 0, 0.1)
    lifecycle.cancel(job.pk)
    lifecycle.retry(job.pk)
    lifecycle.succeed(take(job), {})
    revisions = [revision for _, revision in kinds.Scripted.heard]
    assert revisions == sorted(set(revisions))
    assert [status for status, _ in kinds.Scripted.heard] == [
        "running", "running", "cancelled", "queued", "running", "succeeded",
    ]  # fmt: skip
