"""Cancel, retry, and taking a job from a holder that is gone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job, JobAttempt, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_finished_job_cannot_be_cancelled(held, status):
    lifecycle.cancel(held.pk)
    Job.objects.update(status=status)
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.cancel(held.pk)
    assert fresh(held).status == status


def test_a_queued_job_is_cancelled_at_once(job):
    done = lifecycle.cancel(job.pk)
    assert (done.status, done.attempt) == (Status.CANCELLED, 0)
    assert done.finished_at is not None


def test_cancelling_a_running_job_takes_its_lease(held):
    done = lifecycle.cancel(held.pk)
    assert (done.lease_token, done.holder) == (None, "")
    assert JobAttempt.objects.get(job=held).outcome == "cancelled"


@pytest.mark.parametrize("status", ["queued", "running", "succeeded"])
def test_only_a_failed_or_cancelled_job_can_be_tried_again(job, status):
    Job.objects.update(status=status)
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(job.pk)
    assert fresh(job).revision == job.revision


def test_a_retried_job_keeps_its_history_and_gets_all_attempts(held, queues):
    lifecycle.report(held, "second", 1, 0.4)
    lifecycle.fail(held, "no", "No.")
    queues.clear()
    again = lifecycle.retry(held.pk)
    assert (again.status, again.attempts_left, again.attempt) == (Status.QUEUED, 3, 1)
    assert (again.error_code, again.stage, again.progress) == ("", "", 0.0)
    assert (again.result, again.finished_at) == (None, None)
    assert queues.sent() == [str(again.pk)]
    take(again)
    assert [attempt.number for attempt in again.attempts.all()] == [1, 2]


def test_a_retry_does_not_double_work_that_is_under_way(make):
    first = make(work_key="w")
    lifecycle.cancel(first.pk)
    make(work_key="w")
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(first.pk)
    assert fresh(first).status == Status.CANCELLED


def test_a_job_of_a_kind_that_is_gone_can_be_cancelled_and_retried(job):
    Job.objects.update(kind="tests.gone")
    lifecycle.cancel(job.pk)
    assert lifecycle.retry(job.pk).status == Status.QUEUED


def test_a_lease_that_stands_is_not_taken(held):
    assert lifecycle.reap_stalled() == 0
    assert fresh(held).lease_token == held.lease_token


def test_a_lease_that_ran_out_is_taken_and_the_job_sent(held, queues):
    queues.clear()
    run_out(held)
    assert lifecycle.reap_stalled() == 1
    again = fresh(held)
    assert (again.status, again.lease_token) == (Status.QUEUED, None)
    assert JobAttempt.objects.get(job=held).outcome == "worker_lost"
    assert queues.sent() == [str(held.pk)]


def test_a_job_lost_in_every_attempt_fails(job):
    for _ in range(3):
        run_out(take(job))
        lifecycle.reap_stalled()
    lost = fresh(job)
    assert (lost.status, lost.error_code) == (Status.FAILED, "worker_lost")
    assert list(lost.attempts.values_list("outcome", flat=True)) == ["worker_lost"] * 3


def test_a_lost_job_waits_before_its_next_attempt_if_its_kind_says_so(make):
    job = make(kinds.Delayed)
    run_out(take(job))
    lifecycle.reap_stalled()
    wait_s = (fresh(job).not_before - timezone.now()).total_seconds()
    assert round(wait_s, -1) == 10.0


def test_a_lease_renewed_meanwhile_is_not_taken(held):
    run_out(held)
    stale = fresh(held)
    lifecycle.renew(held)
    Job.objects.filter(pk=held.pk, lease_expires_at__gt=timezone.now()).get()
    assert lifecycle.reap_stalled() == 0
    assert stale.lease_token == fresh(held).lease_token


@pytest.mark.parametrize("error", [ValueError, IntegrityError])
def test_one_job_that_cannot_be_taken_back_keeps_no_other_from_it(make, monkeypatch, error):
    broken, fine = take(make(kinds.Scripted)), take(make())
    run_out(broken)
    run_out(fine)

    def explode(job):
        raise error(job)

    monkeypatch.setattr(kinds.Scripted, "changed", explode)
    assert lifecycle.reap_stalled() == 1
    assert fresh(fine).status == Status.QUEUED
    assert fresh(broken).status == Status.RUNNING


def run_out(job):
    """Let a lease be over."""
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
