"""A kind that lets an owner have two jobs at work, and what wakes the third."""

import pytest

from core.jobs import lifecycle, upkeep
from core.jobs.models import Job, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take

ENDS = {
    "succeed": lambda job: lifecycle.succeed(job, {}),
    "fail": lambda job: lifecycle.fail(job, "no", "No."),
    "cancel": lambda job: lifecycle.cancel(job.pk),
    "postpone": lambda job: lifecycle.postpone(job, "busy", "Not now."),
    "lost": lifecycle.reap_holder,
}


@pytest.fixture
def crowd(make):
    """Return five jobs of one owner; two of them run."""
    jobs = [make(kinds.Limited) for _ in range(5)]
    return [take(jobs[0]), take(jobs[1]), *jobs[2:]]


def test_a_third_job_cannot_be_claimed(crowd):
    assert lifecycle.claim(crowd[2].pk, holder="x") is None
    assert fresh(crowd[2]).status == Status.QUEUED


def test_the_limit_is_each_owners_own(crowd, make, other_user):
    assert take(make(kinds.Limited, owner=other_user)).status == Status.RUNNING


def test_a_job_of_nobody_has_no_limit(crowd, make):
    assert all(take(make(kinds.Limited, owner=None)) for _ in range(3))


def test_a_job_that_finds_no_slot_is_not_even_sent(crowd, make, queues):
    queues.clear()
    make(kinds.Limited)
    assert queues.sent() == []


@pytest.mark.parametrize("end", ENDS)
def test_a_slot_that_frees_wakes_the_oldest_waiting_job(crowd, queues, end):
    queues.clear()
    ENDS[end](crowd[0])
    # A job that goes back is again the oldest of those that wait.
    oldest = crowd[0] if end in ("postpone", "lost") else crowd[2]
    assert set(queues.sent()) == {str(oldest.pk)}
    assert take(crowd[2]).status == Status.RUNNING


def test_two_slots_that_free_at_once_wake_two_jobs(crowd, queues):
    queues.clear()
    lifecycle.succeed(crowd[0], {})
    lifecycle.succeed(crowd[1], {})
    assert {str(crowd[2].pk), str(crowd[3].pk)} <= set(queues.sent())


def test_a_job_that_has_to_wait_anyway_does_not_take_the_wake_call(crowd, queues, make):
    parent = make()
    Job.objects.filter(pk=crowd[2].pk).update(parent=parent)
    queues.clear()
    lifecycle.succeed(crowd[0], {})
    assert queues.sent() == [str(crowd[3].pk)]


def test_the_upkeep_wakes_who_was_forgotten_but_no_more_than_have_a_slot(crowd, queues):
    Job.objects.filter(pk=crowd[0].pk).update(status="succeeded", lease_token=None)
    Job.objects.update(sent_at=None)
    queues.clear()
    assert upkeep.resend_lost() == 1
    assert queues.sent() == [str(crowd[2].pk)]


def test_the_upkeep_sends_nothing_to_owners_without_a_slot(crowd, queues):
    Job.objects.update(sent_at=None)
    queues.clear()
    assert upkeep.resend_lost() == 0
