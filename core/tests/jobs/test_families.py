"""A job that needs another: released by its success, ended with its failure."""

import pytest

from core.jobs import lifecycle, upkeep
from core.jobs.models import Job, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take


@pytest.fixture
def family(make):
    """Return a parent, its child, and that one's child."""
    parent = make()
    child = make(parent=parent)
    return parent, child, make(parent=child)


def states(family):
    return [fresh(job).status for job in family]


def test_a_child_is_not_sent_and_cannot_be_claimed_before_its_parent_succeeded(family, queues):
    parent, child, grandchild = family
    assert queues.sent() == [str(parent.pk)]
    assert lifecycle.claim(child.pk, holder="x") is None
    take(parent)
    assert lifecycle.claim(child.pk, holder="x") is None
    assert lifecycle.claim(grandchild.pk, holder="x") is None


def test_a_success_sends_the_children_but_not_theirs(family, queues):
    parent, child, grandchild = family
    queues.clear()
    lifecycle.succeed(take(parent), {})
    assert queues.sent() == [str(child.pk)]
    assert take(child).status == Status.RUNNING
    assert lifecycle.claim(grandchild.pk, holder="x") is None


def test_a_failure_fails_all_generations(family):
    lifecycle.fail(take(family[0]), "no", "No.")
    assert states(family) == ["failed", "failed", "failed"]
    assert [fresh(job).error_code for job in family] == ["no", "parent_failed", "parent_failed"]


def test_a_cancel_cancels_all_generations(family):
    lifecycle.cancel(family[0].pk)
    assert states(family) == ["cancelled"] * 3
    assert [fresh(job).error_code for job in family] == ["", "", ""]


def test_a_parent_lost_for_good_fails_its_children(family):
    parent = take(family[0])
    Job.objects.filter(pk=parent.pk).update(attempts_left=0)
    lifecycle.reap_holder(fresh(parent))
    assert [fresh(job).error_code for job in family] == [
        "worker_lost", "parent_failed", "parent_failed",
    ]  # fmt: skip


def test_a_child_that_ended_before_stays_as_it_was(family):
    lifecycle.cancel(family[1].pk)
    before = fresh(family[1])
    lifecycle.fail(take(family[0]), "no", "No.")
    assert fresh(family[1]).revision == before.revision


def test_each_child_tells_of_its_end(family, listen):
    ear = listen(family[2])
    lifecycle.cancel(family[0].pk)
    assert [frame["status"] for frame in ear.frames()] == ["cancelled"]


@pytest.mark.parametrize("end", ["fail", "cancel"])
def test_a_child_made_after_its_parent_ended_ends_too(make, end):
    parent = take(make())
    lifecycle.fail(parent, "no", "No.") if end == "fail" else lifecycle.cancel(parent.pk)
    # The caller's copy of the parent is older than its end.
    child = make(parent=parent)
    assert child.status == {"fail": "failed", "cancel": "cancelled"}[end]
    assert fresh(child).status == child.status


def test_a_child_made_after_its_parent_succeeded_is_sent(make, queues):
    parent = take(make())
    lifecycle.succeed(parent, {})
    child = make(parent=parent)
    assert str(child.pk) in queues.sent()


def test_a_child_cannot_be_retried_before_its_parent(family):
    lifecycle.fail(take(family[0]), "no", "No.")
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(family[1].pk)
    assert fresh(family[1]).status == Status.FAILED


@pytest.mark.parametrize("end", ["fail", "cancel"])
def test_a_retry_brings_back_what_ended_with_it(family, queues, end):
    parent = take(family[0])
    lifecycle.fail(parent, "no", "No.") if end == "fail" else lifecycle.cancel(parent.pk)
    queues.clear()
    lifecycle.retry(parent.pk)
    assert states(family) == ["queued"] * 3
    assert queues.sent() == [str(parent.pk)]
    lifecycle.succeed(take(parent), {})
    assert take(family[1]).error_code == ""


def test_a_retry_leaves_a_child_that_was_cancelled_by_itself(family):
    lifecycle.cancel(family[1].pk)
    lifecycle.fail(take(family[0]), "no", "No.")
    lifecycle.retry(family[0].pk)
    assert states(family) == ["queued", "cancelled", "cancelled"]


def test_a_child_may_be_retried_once_its_parent_succeeded(make):
    parent = make()
    child = make(parent=parent)
    lifecycle.succeed(take(parent), {})
    lifecycle.fail(take(child), "no", "No.")
    assert lifecycle.retry(child.pk).status == Status.QUEUED
    assert take(child).attempt == 2


def test_children_whose_messages_were_lost_are_sent_again(family, queues):
    lifecycle.succeed(take(family[0]), {})
    queues.clear()
    Job.objects.update(sent_at=None)
    assert upkeep.resend_lost() == 1
    assert queues.sent() == [str(family[1].pk)]


def test_a_limited_child_waits_for_its_parent_too(make, queues):
    parent = make()
    child = make(kinds.Limited, parent=parent)
    lifecycle.succeed(take(parent), {})
    assert queues.sent()[-1] == str(child.pk)
