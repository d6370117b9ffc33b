"""Many at once, on real connections of their own: one winner, never more than allowed."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from django.db import connections

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take
from tests.support.running import ROOT, database_url


def at_once(works):
    """Call all functions at the same moment, each with a connection of its own."""
    barrier = threading.Barrier(len(works))

    def call(work):
        try:
            barrier.wait()
            return work()
        except lifecycle.LeaseLost as lost:
            return lost
        except lifecycle.NotAllowed as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(call, works))


@pytest.mark.parametrize("round_number", range(5))
def test_of_ten_claims_one_wins(job, round_number):
    won = at_once([lambda n=n: lifecycle.claim(job.pk, holder=f"x:{n}") for n in range(10)])
    winners = [claimed for claimed in won if claimed]
    assert len(winners) == 1
    assert fresh(job).holder == winners[0].holder
    assert (fresh(job).attempt, job.attempts.count()) == (1, 1)


def test_of_claims_in_three_processes_one_wins_each_job(make):
    jobs = [make() for _ in range(30)]
    code = (
        "import django, sys; django.setup()\n"
        "from core.jobs import lifecycle\n"
        "sys.stdin.read(1)\n"
        "for job in sys.argv[2:]:\n"
        "    won = lifecycle.claim(job, holder='runner:' + sys.argv[1])\n"
        "    print(job if won else '', flush=True)\n"
    )
    env = {**os.environ, "DATABASE_URL": database_url()}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(n), *(str(job.pk) for job in jobs)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=ROOT, text=True,
        )
        for n in range(3)
    ]  # fmt: skip
    time.sleep(2)  # let all of them come to the start; a late one only makes the race milder
    outputs = [racer.communicate("g")[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert sorted(chain.from_iterable(outputs)) == sorted(str(job.pk) for job in jobs)
    for n, won in enumerate(outputs):
        assert {fresh(Job(pk=pk)).holder for pk in won} <= {f"runner:{n}"}


@pytest.mark.parametrize("round_number", range(5))
def test_an_owner_never_has_more_at_work_than_allowed(make, round_number):
    jobs = [make(kinds.Limited) for _ in range(8)]
    won = at_once([lambda job=job: lifecycle.claim(job.pk, holder="x") for job in jobs])
    assert sum(claimed is not None for claimed in won) == 2
    assert Job.objects.filter(status=Status.RUNNING).count() == 2


@pytest.mark.parametrize("round_number", range(5))
def test_of_a_success_and_a_cancel_one_wins(job, round_number):
    mine = take(job)
    results = at_once([lambda: lifecycle.succeed(mine, {"n": 1}), lambda: lifecycle.cancel(job.pk)])
    lost = [result for result in results if isinstance(result, Exception)]
    assert len(lost) == 1
    final = fresh(job)
    won = "cancelled" if isinstance(lost[0], lifecycle.LeaseLost) else "succeeded"
    assert (final.status, final.result) == (won, {"n": 1} if won == "succeeded" else None)


def test_of_ten_cancels_one_wins(job):
    results = at_once([lambda: lifecycle.cancel(job.pk)] * 10)
    assert sum(isinstance(result, Job) for result in results) == 1


def test_of_ten_retries_one_wins(job):
    lifecycle.cancel(job.pk)
    results = at_once([lambda: lifecycle.retry(job.pk)] * 10)
    assert sum(isinstance(result, Job) for result in results) == 1


@pytest.mark.parametrize("key", ["idempotency_key", "work_key"])
def test_ten_requests_with_one_key_make_one_job(make, queues, key):
    jobs = at_once([lambda: make(params={"n": 1}, **{key: "k"})] * 10)
    assert len({job.pk for job in jobs}) == 1
    assert Job.objects.count() == 1
    assert queues.sent() == [str(jobs[0].pk)]


@pytest.mark.parametrize("round_number", range(5))
def test_a_child_made_while_its_parent_fails_is_never_left_waiting(make, round_number):
    parent = take(make())
    child, _ = at_once([lambda: make(parent=parent), lambda: lifecycle.fail(parent, "no", "No.")])
    assert fresh(child).error_code == "parent_failed"


@pytest.mark.parametrize("round_number", range(5))
def test_a_parent_and_its_child_handled_at_once_do_not_wait_in_a_ring(make, round_number):
    parent = make()
    child = make(parent=parent)
    lifecycle.cancel(parent.pk)
    at_once([lambda: lifecycle.retry(parent.pk), lambda: lifecycle.retry(child.pk)])
    at_once([lambda: lifecycle.cancel(parent.pk), lambda: lifecycle.cancel(child.pk)])
    assert (fresh(parent).status, fresh(child).status) == ("cancelled", "cancelled")


def test_two_upkeeps_take_a_lost_job_back_once(job):
    lost = take(job)
    taken = at_once([lambda: lifecycle.reap_holder(lost)] * 4)
    assert sum(taken) == 1
    assert fresh(job).revision == lost.revision + 1


@pytest.mark.parametrize("round_number", range(5))
def test_slots_that_free_while_jobs_come_forget_nobody(make, queues, round_number):
    """Whatever the order, a claimable job with a free slot has been sent after it all."""
    running = [take(make(kinds.Limited)) for _ in range(2)]
    queues.clear()
    made = at_once([
        lambda: make(kinds.Limited), lambda: make(kinds.Limited),
        lambda: lifecycle.succeed(running[0], {}), lambda: lifecycle.succeed(running[1], {}),
    ])[:2]  # fmt: skip
    assert {str(job.pk) for job in made} == set(queues.sent())
