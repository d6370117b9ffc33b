"""queued to running: who may, and what the winner gets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job, JobAttempt, Status
from core.tests.jobs.conftest import fresh, take


def test_a_job_that_is_not_there_cannot_be_claimed(job):
    Job.objects.all().delete()
    assert lifecycle.claim(job.pk, holder="x") is None


@pytest.mark.parametrize("end", ["succeed", "fail", "cancel"])
def test_a_finished_job_cannot_be_claimed(held, end):
    if end == "succeed":
        lifecycle.succeed(held, {})
    elif end == "fail":
        lifecycle.fail(held, "no", "No.")
    else:
        lifecycle.cancel(held.pk)
    before = fresh(held)
    assert lifecycle.claim(held.pk, holder="x") is None
    assert fresh(held).revision == before.revision


def test_a_running_job_cannot_be_claimed_again(held):
    assert lifecycle.claim(held.pk, holder="x") is None
    assert fresh(held).lease_token == held.lease_token


def test_a_job_told_to_wait_cannot_be_claimed_yet(job):
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now() + timedelta(minutes=1))
    assert lifecycle.claim(job.pk, holder="x") is None


def test_a_job_whose_wait_is_over_can_be_claimed(job):
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now() - timedelta(seconds=1))
    assert take(job).not_before is None


def test_the_winner_gets_a_lease_an_attempt_and_a_clean_row(job):
    Job.objects.filter(pk=job.pk).update(stage="old", progress=0.7, error_code="old")
    claimed = take(job)
    assert claimed.status == Status.RUNNING
    assert (claimed.attempt, claimed.attempts_left) == (1, 2)
    assert claimed.lease_token is not None
    assert claimed.lease_expires_at > timezone.now()
    assert (claimed.stage, claimed.progress, claimed.error_code) == ("", 0.0, "")
    attempt = JobAttempt.objects.get(job=job)
    assert (attempt.number, attempt.holder, attempt.ended_at) == (1, "runner:test", None)


def test_each_claim_gives_another_token(job):
    first = take(job)
    lifecycle.release(first)
    assert take(job).lease_token != first.lease_token
