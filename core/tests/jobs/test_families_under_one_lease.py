"""A parent and the children that its kind makes together with it: one lease, one end."""

import pytest

from core.errors import TemporaryFailure
from core.jobs import execution, lifecycle
from core.jobs.lifecycle import LeaseLost
from core.jobs.models import Job, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take


@pytest.fixture(autouse=True)
def _clean():
    script = kinds.Ladder.script
    yield
    kinds.Ladder.script = staticmethod(script)
    kinds.Ladder.failures.clear()


@pytest.fixture
def ladder(make):
    """Return a parent and its two members, and a child of another kind."""
    parent = make(kinds.Ladder)
    members = [make(kinds.Ladder, parent=parent) for _ in range(2)]
    return parent, *members, make(parent=parent)


def statuses(jobs):
    return [fresh(job).status for job in jobs]


def test_a_claim_takes_the_members_along_and_nobody_else(ladder):
    parent = take(ladder[0])
    assert statuses(ladder) == ["running", "running", "running", "queued"]
    assert {fresh(job).lease_token for job in ladder[:3]} == {parent.lease_token}
    assert [fresh(job).attempt for job in ladder] == [1, 1, 1, 0]
    assert [member.pk for member in lifecycle.members_of(parent)] == [job.pk for job in ladder[1:3]]


def test_a_holder_outside_takes_the_parent_alone(ladder):
    lifecycle.claim(ladder[0].pk, holder="runner:1", is_outside=True)
    assert statuses(ladder) == ["running", "queued", "queued", "queued"]


def test_a_member_that_was_cancelled_before_is_not_taken(ladder):
    lifecycle.cancel(ladder[1].pk)
    assert [member.pk for member in lifecycle.members_of(take(ladder[0]))] == [ladder[2].pk]


def test_renewing_renews_the_whole_family(ladder):
    parent = take(ladder[0])
    before = fresh(ladder[1]).lease_expires_at
    lifecycle.renew(parent)
    expiries = {fresh(job).lease_expires_at for job in ladder[:3]}
    assert len(expiries) == 1
    assert expiries.pop() > before


def test_each_member_has_progress_of_its_own(ladder):
    parent = take(ladder[0])
    first, second = lifecycle.members_of(parent)
    lifecycle.report(first, "encode", 0, 0.5)
    lifecycle.report(second, "encode", 0, 0.25)
    assert [fresh(job).progress for job in ladder[:3]] == [0.0, 0.5, 0.25]


def test_the_family_succeeds_together_and_then_frees_the_other_child(ladder, queues):
    execution.execute(ladder[0].pk)
    assert statuses(ladder) == ["succeeded", "succeeded", "succeeded", "queued"]
    assert fresh(ladder[1]).result == {"made": True}
    assert queues.sent() == [str(ladder[0].pk), str(ladder[3].pk)]


def test_a_member_cancelled_meanwhile_stays_cancelled(ladder):
    def cancel_one(kind):
        lifecycle.cancel(ladder[1].pk)
        return {}

    kinds.Ladder.script = staticmethod(cancel_one)
    execution.execute(ladder[0].pk)
    assert statuses(ladder) == ["succeeded", "cancelled", "succeeded", "queued"]


def test_a_failure_that_passes_queues_the_whole_family_and_counts_once(ladder):
    def busy(kind):
        raise TemporaryFailure("Not now.", code="busy")

    kinds.Ladder.script = staticmethod(busy)
    execution.execute(ladder[0].pk)
    assert statuses(ladder) == ["queued"] * 4
    assert kinds.Ladder.failures == [str(ladder[0].pk)]
    assert lifecycle.claim(ladder[1].pk, holder="x") is None
    assert take(ladder[0]).attempt == 2


def test_a_lost_holder_gives_the_whole_family_back(ladder):
    take(ladder[0])
    Job.objects.filter(status=Status.RUNNING).update(lease_expires_at="2020-01-01T00:00:00Z")
    lifecycle.reap_stalled()
    assert statuses(ladder) == ["queued"] * 4
    assert [fresh(job).started_at for job in ladder] == [None] * 4
    assert kinds.Ladder.failures == [str(ladder[0].pk)]


def test_a_cancelled_parent_ends_the_family_and_its_holder_is_told(ladder):
    parent = take(ladder[0])
    lifecycle.cancel(parent.pk)
    assert statuses(ladder) == ["cancelled"] * 4
    with pytest.raises(LeaseLost):
        lifecycle.renew(parent)


def test_a_retry_brings_the_whole_family_back(ladder):
    take(ladder[0])
    lifecycle.cancel(ladder[0].pk)
    lifecycle.retry(ladder[0].pk)
    assert statuses(ladder) == ["queued"] * 4
    take(ladder[0])
    assert statuses(ladder) == ["running", "running", "running", "queued"]


def test_a_worker_that_stops_gives_the_family_back_unharmed(ladder):
    lifecycle.release(take(ladder[0]))
    assert statuses(ladder) == ["queued"] * 4
    assert kinds.Ladder.failures == []
