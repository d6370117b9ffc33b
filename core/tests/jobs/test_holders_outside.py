"""Jobs that no worker begins: a holder outside brings its token, and a worker the end."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from core.errors import JobError, TemporaryFailure
from core.jobs import execution, lifecycle, upkeep
from core.jobs.lifecycle import LeaseLost, NotAllowed
from core.jobs.models import Job, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh


@pytest.fixture(autouse=True)
def _clean():
    kind = kinds.Outside
    was = (kind.script, kind.is_for_workers, kind.wait, kind.tries)
    yield
    kind.script = staticmethod(was[0])
    kind.is_for_workers, kind.wait, kind.tries = was[1:]


@pytest.fixture
def job(make):
    """Return a queued job that no worker begins."""
    return make(kinds.Outside)


def hold(job, lease_s=60):
    return lifecycle.claim(
        job.pk,
        holder="runner:7",
        lease_token=uuid.uuid4(),
        lease=timedelta(seconds=lease_s),
        is_outside=True,
    )


def expire(job):
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_it_is_never_sent_to_a_worker(job, queues):
    Job.objects.filter(pk=job.pk).update(sent_at=None)
    assert upkeep.resend_lost() == 0
    assert lifecycle.claim(job.pk, holder="worker:1") is None
    assert [queues.client.llen(name) for name in ("nobody", "default", "")] == [0, 0, 0]


def test_the_holder_brings_its_token_and_the_length_of_its_lease(job):
    token = uuid.uuid4()
    before = timezone.now()
    held = lifecycle.claim(
        job.pk, holder="runner:7", lease_token=token, lease=timedelta(hours=1), is_outside=True
    )
    assert held.lease_token == token
    assert held.lease_expires_at >= before + timedelta(hours=1)
    assert lifecycle.report(held, "", 0, 0.5, lease=timedelta(hours=2)).lease_expires_at >= (
        before + timedelta(hours=2)
    )


def test_workers_leave_it_to_others_for_a_while(make, queues):
    kinds.Outside.is_for_workers, kinds.Outside.wait = True, 60.0
    job = make(kinds.Outside)
    assert lifecycle.claim(job.pk, holder="worker:1") is None
    queues.clear()
    upkeep.resend_lost()
    assert queues.sent() == []
    assert hold(job).holder == "runner:7"


def test_after_the_wait_a_worker_has_it(make):
    kinds.Outside.is_for_workers, kinds.Outside.wait = True, 60.0
    job = make(kinds.Outside)
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now())
    assert lifecycle.claim(job.pk, holder="worker:1") is not None


def test_a_silent_holder_is_one_more_attempt_until_the_kind_says_no(job):
    kinds.Outside.tries = 2
    hold(job)
    expire(job)
    lifecycle.reap_stalled()
    assert fresh(job).status == Status.QUEUED
    hold(job)
    expire(job)
    lifecycle.reap_stalled()
    ended = fresh(job)
    assert (ended.status, ended.error_code) == ("failed", "stalled")
    assert ended.error_message == "Nobody was heard of."


def test_handing_over_ends_the_holders_right(job):
    held = hold(job)
    lifecycle.hand_over(held)
    for late in (lifecycle.renew, lifecycle.release, lifecycle.hand_over):
        with pytest.raises(LeaseLost):
            late(held)


def test_of_two_hand_overs_one_counts_and_writes_within(job):
    held, written = hold(job), []
    lifecycle.hand_over(held, within=lambda job: written.append(job.pk))
    with pytest.raises(LeaseLost):
        lifecycle.hand_over(held, within=lambda job: written.append(job.pk))
    assert written == [job.pk]


def test_what_was_handed_over_is_sent_to_the_finishers_and_finished_by_one(job, queues):
    lifecycle.hand_over(hold(job))
    assert queues.sent("finishers") == [str(job.pk)]
    execution.execute(job.pk)
    ended = fresh(job)
    assert (ended.status, ended.result) == ("succeeded", {"finished": True})
    assert not ended.is_finishing


def test_of_two_finishers_one_takes_it_up(job):
    lifecycle.hand_over(hold(job))
    assert lifecycle.take_up(job.pk, holder="worker:1") is not None
    assert lifecycle.take_up(job.pk, holder="worker:2") is None


def test_a_finisher_that_dies_is_followed_by_another_and_nothing_is_done_twice(job, queues):
    lifecycle.hand_over(hold(job))
    lifecycle.take_up(job.pk, holder="worker:1")
    queues.clear()
    expire(job)
    lifecycle.reap_stalled()
    waiting = fresh(job)
    assert (waiting.status, waiting.is_finishing, waiting.holder) == ("running", True, "")
    assert queues.sent("finishers") == [str(job.pk)]
    assert waiting.attempt == 1


def test_a_message_that_was_lost_is_sent_again_when_the_lease_runs_out(job, queues):
    lifecycle.hand_over(hold(job))
    queues.clear()
    expire(job)
    lifecycle.reap_stalled()
    assert queues.sent("finishers") == [str(job.pk)]


def test_finishing_fails_after_its_last_attempt(job):
    def busy(kind):
        raise TemporaryFailure("The disk is away.", code="busy")

    kinds.Outside.script = staticmethod(busy)
    lifecycle.hand_over(hold(job))
    execution.execute(job.pk)
    assert fresh(job).is_finishing
    execution.execute(job.pk)
    ended = fresh(job)
    assert (ended.status, ended.error_message) == ("failed", "The disk is away.")


def test_a_result_that_is_refused_fails_at_once(job):
    def refuse(kind):
        raise JobError("Of another size.", code="result_refused")

    kinds.Outside.script = staticmethod(refuse)
    lifecycle.hand_over(hold(job))
    execution.execute(job.pk)
    assert fresh(job).error_code == "result_refused"


def test_a_cancel_may_spare_what_is_being_finished(job):
    lifecycle.hand_over(hold(job))
    with pytest.raises(NotAllowed):
        lifecycle.cancel(job.pk, unless=Q(is_finishing=True))
    assert lifecycle.cancel(job.pk).status == Status.CANCELLED
    assert not fresh(job).is_finishing


def test_the_database_lets_only_running_jobs_be_finished(job):
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(is_finishing=True)


def test_what_waits_to_be_finished_began_with_its_first_half(job):
    held = hold(job)
    lifecycle.hand_over(held)
    lifecycle.release(lifecycle.take_up(job.pk, holder="worker:1"))
    lifecycle.reap_holder(lifecycle.take_up(job.pk, holder="worker:2"))
    assert fresh(job).is_finishing
    assert fresh(job).started_at == held.started_at


def test_a_retry_begins_with_the_first_half_again(job):
    lifecycle.hand_over(hold(job))
    lifecycle.cancel(job.pk)
    assert lifecycle.retry(job.pk).status == Status.QUEUED
    assert hold(job) is not None
