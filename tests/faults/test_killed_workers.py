"""A killed worker loses nothing (rule 3), and two workers never share a job (rule 2)."""

import os
import random
import signal
import time
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from core.jobs import broker, lifecycle
from core.jobs.kinds import JobKind
from core.jobs.models import Job, Status
from tests.faults.conftest import (
    TRACED,
    all_gone,
    at_work,
    ended,
    fresh,
    holder_pid,
    kill,
    programs_of,
    scratch_folders,
)
from tests.support.waiting import wait_until


class TracedHere(JobKind):
    """What this process needs to know of the kind that the workers run."""

    name = "faults.traced"
    max_attempts = 50


@pytest.mark.parametrize("subprocess", [False, True])
def test_a_job_whose_worker_child_is_killed_starts_again_and_succeeds(platform, start, subprocess):
    job = start(duration_s=3, subprocess=subprocess)
    at_work(job)
    programs = wait_until(lambda: programs_of(job)) if subprocess else []
    kill(holder_pid(job))
    done = ended(job)
    assert (done.status, done.attempt) == (Status.SUCCEEDED, 2)
    assert list(done.attempts.values_list("outcome", flat=True)) == ["worker_lost", "succeeded"]
    assert all_gone(programs)
    wait_until(lambda: scratch_folders(job) == [])


@pytest.mark.case("platform", 3)
def test_a_killed_worker_loses_nothing_until_the_last_attempt_is_used(platform, ledger, start):
    starts_again_elsewhere(platform, ledger)
    platform.heal()
    fails_after_three_lost_workers(start(duration_s=60))


def starts_again_elsewhere(platform, ledger) -> None:
    """Kill a whole worker: its job is done elsewhere, and nobody sees what it had begun."""
    first = platform.start_worker(**TRACED)
    platform.worker.kill()
    job = lifecycle.enqueue(TracedHere, owner=None, params={"duration_s": 3})
    at_work(job)
    drafts = scratch_folders(job)
    assert [(folder / "draft").exists() for folder in drafts] == [True]
    first.kill()
    wait_until(lambda: fresh(job).status == "queued")
    # Its lease is over: nothing of the dead attempt is to be seen.
    wait_until(lambda: not drafts[0].exists())
    assert ledger() == []
    assert list((Path(settings.DATA_DIR) / "published").iterdir()) == []
    second = platform.start_worker(**TRACED)
    done = ended(job)
    second.stop()
    assert (done.status, done.attempt) == (Status.SUCCEEDED, 2)
    assert ledger() == [(str(job.pk), 2)]
    assert (Path(settings.DATA_DIR) / "published" / str(job.pk)).read_text() == "2"


def fails_after_three_lost_workers(job) -> None:
    """Kill whoever has the job, again and again."""
    for attempt in (1, 2, 3):
        wait_until(lambda n=attempt: fresh(job).attempt == n and fresh(job).status == "running")
        kill(holder_pid(job))
    lost = ended(job)
    assert (lost.status, lost.error_code, lost.attempt) == (Status.FAILED, "worker_lost", 3)


@pytest.mark.case("platform", 2)
def test_of_many_workers_one_wins_each_job(platform, ledger):
    workers = [platform.start_worker(concurrency=3, **TRACED) for _ in range(2)]
    platform.worker.kill()
    jobs = [lifecycle.enqueue(TracedHere, owner=None, params={"duration_s": 0}) for _ in range(20)]
    for job in jobs:  # every message comes five times
        broker.send_many([(job.pk, "default")] * 4)
    for job in jobs:
        assert (ended(job).status, fresh(job).attempt) == (Status.SUCCEEDED, 1)
    for worker in workers:
        worker.stop()
    assert sorted(ledger()) == sorted((str(job.pk), 1) for job in jobs)


@pytest.mark.case("platform", 7)
def test_a_worker_that_wakes_after_the_end_of_its_job_changes_nothing(platform, start):
    job = start(duration_s=2)
    at_work(job)
    late = psutil.Process(holder_pid(job))
    late.suspend()
    done = ended(job)
    assert (done.status, done.attempt) == (Status.SUCCEEDED, 2)
    late.resume()
    # It takes up other work: whatever it wanted to write of this job is written, or refused.
    others = [start(duration_s=5), start(duration_s=5)]
    for other in others:
        at_work(other)
    assert late.pid in {holder_pid(other) for other in others}
    now = fresh(job)
    assert (now.revision, now.result, now.finished_at) == (
        done.revision,
        done.result,
        done.finished_at,
    )
    assert list(now.attempts.values_list("outcome", flat=True)) == ["worker_lost", "succeeded"]


def test_a_worker_that_wakes_after_its_lease_is_over_changes_nothing(platform, start):
    job = start(duration_s=4)
    frozen = at_work(job)
    late = psutil.Process(holder_pid(job))
    late.suspend()
    again = wait_until(lambda: fresh(job) if fresh(job).attempt == 2 else None)
    assert again.lease_token != frozen.lease_token
    late.resume()
    done = ended(job)
    assert (done.status, done.attempt) == (Status.SUCCEEDED, 2)
    assert list(done.attempts.values_list("outcome", flat=True)) == ["worker_lost", "succeeded"]


def test_a_worker_that_wakes_after_a_cancel_changes_nothing(platform, start):
    job = start(duration_s=2)
    at_work(job)
    late = psutil.Process(holder_pid(job))
    late.suspend()
    cancelled = lifecycle.cancel(job.pk)
    late.resume()
    # The child takes up other work: whatever it wanted to write of this one is written.
    ended(start())
    ended(start())
    wait_until(lambda: scratch_folders(job) == [])
    now = fresh(job)
    assert (now.status, now.revision) == (Status.CANCELLED, cancelled.revision)


def test_two_hundred_jobs_survive_workers_that_are_killed_at_random(platform, ledger):
    chance = random.Random(7)
    workers = [platform.start_worker(concurrency=3, **TRACED) for _ in range(2)]
    platform.worker.kill()
    jobs = [
        lifecycle.enqueue(
            TracedHere, owner=None, params={"duration_s": chance.choice([0, 0.1, 0.3])}
        )
        for _ in range(200)
    ]
    killed = 0
    while Job.objects.exclude(status="succeeded").exists():
        time.sleep(0.3)
        busy = [job for job in Job.objects.filter(status="running") if job.holder]
        if killed == 8:
            workers.pop(0).kill()
            workers.append(platform.start_worker(concurrency=3, **TRACED))
            killed += 1
        elif killed < 16 and busy:
            kill(int(chance.choice(busy).holder.split(":")[-2]))
            killed += 1
    for worker in workers:
        worker.stop()
    assert killed > 5
    assert sorted(job for job, _ in ledger()) == sorted(str(job.pk) for job in jobs)
    published = {path.name: path.read_text() for path in _published()}
    assert published == {job: str(attempt) for job, attempt in ledger()}
    for job in jobs:
        outcomes = list(job.attempts.values_list("outcome", flat=True))
        assert outcomes == ["worker_lost"] * (len(outcomes) - 1) + ["succeeded"]


def _published():
    return (Path(settings.DATA_DIR) / "published").iterdir()


def test_a_worker_told_to_stop_gives_its_job_back_unharmed(platform, start):
    job = start(duration_s=60, subprocess=True)
    at_work(job)
    programs = wait_until(lambda: programs_of(job))
    platform.worker.process.send_signal(signal.SIGTERM)
    wait_until(lambda: fresh(job).status == "queued")
    platform.worker.process.wait(180)
    back = fresh(job)
    assert back.attempts_left == 3
    assert list(back.attempts.values_list("outcome", flat=True)) == ["released"]
    assert all_gone(programs)
    assert scratch_folders(job) == []
    platform.heal()
    wait_until(lambda: fresh(job).status == "running" and fresh(job).attempt == 2)
    lifecycle.cancel(job.pk)


def test_a_child_told_to_stop_gives_its_job_back_too(platform, start):
    job = start(duration_s=3)
    at_work(job)
    os.kill(holder_pid(job), signal.SIGTERM)
    done = ended(job)
    assert (done.status, done.attempt, done.attempts_left) == (Status.SUCCEEDED, 2, 2)
    assert list(done.attempts.values_list("outcome", flat=True)) == ["released", "succeeded"]
