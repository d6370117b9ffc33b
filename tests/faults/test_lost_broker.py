"""Losing Redis loses no job (rule 1)."""

from contextlib import suppress

import pytest
from django.db import transaction

from core.jobs import broker
from core.jobs.models import Job, Status
from tests.faults.conftest import at_work, ended, fresh
from tests.support.waiting import wait_until


def messages() -> int:
    """Return how many messages wait for a worker."""
    return broker.depths(["default"])["default"]


@pytest.mark.case("platform", 1)
def test_a_message_leaves_with_its_row_and_when_it_is_lost_another_is_sent(
    platform, machine, start
):
    platform.worker.kill()
    before = messages()
    with suppress(ZeroDivisionError), transaction.atomic():
        start()
        raise ZeroDivisionError
    assert (Job.objects.count(), messages()) == (0, before)
    with transaction.atomic():
        job = start()
        assert messages() == before
    wait_until(lambda: messages() == before + 1)
    machine.restart_redis()
    assert messages() == 0
    platform.heal()
    assert ended(job, 30).status == Status.SUCCEEDED
    assert fresh(job).attempt == 1


def test_a_job_made_while_redis_is_away_runs_when_it_is_back(platform, machine, start):
    ended(start())
    machine.stop_redis()
    job = start()
    assert fresh(job).status == Status.QUEUED
    machine.restart_redis()
    assert ended(job).status == Status.SUCCEEDED


def test_a_job_at_work_does_not_notice_that_redis_restarts(platform, machine, start):
    job = start(duration_s=3)
    at_work(job)
    machine.restart_redis()
    done = ended(job)
    assert (done.status, done.attempt) == (Status.SUCCEEDED, 1)


def test_workers_find_a_redis_that_restarted_again_and_again(platform, machine, start):
    for _ in range(3):
        ended(start(), 90)
        machine.restart_redis()
    pid = platform.worker.pid
    done = ended(start(), 90)
    assert (done.status, done.attempt) == (Status.SUCCEEDED, 1)
    assert platform.worker.pid == pid
    assert platform.worker.process.poll() is None
    wait_until(lambda: platform.upkeep.process.poll() is None)
