"""A job and its message: both or none, and one job for one key."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.jobs import broker, lifecycle
from core.jobs.models import Job, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take


def test_a_job_that_is_rolled_back_leaves_no_message(make, queues):
    with transaction.atomic():
        make()
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert queues.sent() == []


def test_no_message_leaves_before_the_commit(make, queues):
    with transaction.atomic():
        job = make()
        assert queues.sent() == []
    assert queues.sent() == [str(job.pk)]


def test_a_message_holds_the_id_of_its_job_and_nothing_else(make, queues):
    make(params={"secret": "swordfish"})
    assert b"swordfish" not in b"".join(queues.client.lrange("nobody", 0, -1))


def test_a_new_job_is_announced(make, listen):
    with transaction.atomic():
        job = make()
        ear = listen(job)
    assert [(frame["status"], frame["id"]) for frame in ear.frames()] == [("queued", str(job.pk))]


def test_params_become_plain_json(make):
    job = make(params={"day": date(2026, 1, 2), "id": UUID(int=1), "many": (1, 2)})
    assert fresh(job).params == {
        "day": "2026-01-02", "id": "00000000-0000-0000-0000-000000000001", "many": [1, 2],
    }  # fmt: skip


def test_params_from_inside_are_cleaned_of_what_no_database_keeps(make):
    assert fresh(make(params={"a": "x\0y"})).params == {"a": "xy"}


def test_a_key_used_for_other_params_is_refused(make):
    make(params={"n": 1}, idempotency_key="k")
    with pytest.raises(lifecycle.IdempotencyConflict):
        make(params={"n": 2}, idempotency_key="k")
    assert Job.objects.count() == 1


def test_a_key_used_for_another_kind_is_refused(make):
    make(idempotency_key="k")
    with pytest.raises(lifecycle.IdempotencyConflict):
        make(kinds.Delayed, idempotency_key="k")


def test_a_key_used_before_gives_the_first_job_in_whatever_state(make, queues):
    job = make(params={"n": 1}, idempotency_key="k")
    lifecycle.succeed(take(job), {})
    assert make(params={"n": 1}, idempotency_key="k").pk == job.pk
    assert len(queues.sent()) == 1


def test_a_key_of_somebody_else_is_another_key(make, other_user):
    assert make(idempotency_key="k").pk != make(owner=other_user, idempotency_key="k").pk


def test_a_key_is_free_again_after_a_day(make):
    old = make(idempotency_key="k")
    a_day_ago = timezone.now() - timedelta(hours=24, seconds=1)
    Job.objects.filter(pk=old.pk).update(created_at=a_day_ago)
    assert make(params={"n": 2}, idempotency_key="k").pk != old.pk
    assert fresh(old).idempotency_key is None


def test_a_key_holds_for_a_day(make):
    old = make(idempotency_key="k")
    nearly = timezone.now() - timedelta(hours=23, minutes=59)
    Job.objects.filter(pk=old.pk).update(created_at=nearly)
    assert make(idempotency_key="k").pk == old.pk


def test_the_same_work_is_not_begun_twice_while_it_is_under_way(make):
    first = make(work_key="w")
    assert make(work_key="w").pk == first.pk
    take(first)
    assert make(work_key="w").pk == first.pk


def test_the_same_work_may_be_begun_again_once_it_is_done(make):
    first = make(work_key="w")
    lifecycle.succeed(take(first), {})
    assert make(work_key="w").pk != first.pk


def test_work_that_ends_while_it_is_asked_for_is_begun_again(make):
    first = make(work_key="w")
    refused = []

    def end_in_between(execute, sql, params, many, context):
        """Have the job end after its key stood in the way, and before it is looked for."""
        if refused == ["insert"] and sql.startswith("SELECT"):
            refused.append("ended")
            Job.objects.filter(pk=first.pk).update(status=Status.CANCELLED)
        try:
            return execute(sql, params, many, context)
        except IntegrityError:
            refused.append("insert")
            raise

    with connection.execute_wrapper(end_in_between):
        again = make(work_key="w")

    assert refused == ["insert", "ended"]
    assert again.pk != first.pk
    assert fresh(again).status == Status.QUEUED


def test_a_conflict_inside_a_transaction_does_not_break_it(make, user):
    first = make(work_key="w")
    with transaction.atomic():
        again = make(work_key="w")
        other = make()
    assert again.pk == first.pk
    assert fresh(other).status == Status.QUEUED


def test_a_broker_that_is_away_fails_nobody(make, machine):
    machine.stop_redis()
    try:
        job = make()
        is_sent = broker.send_task("core.prune_jobs", queue="nobodys")
    finally:
        machine.restart_redis()
    assert fresh(job).status == Status.QUEUED
    assert not is_sent


def test_a_task_that_is_no_job_waits_in_its_queue(queues):
    assert broker.send_task("core.prune_jobs", queue="nobodys")

    assert broker.depths(["nobodys"]) == {"nobodys": 1}
