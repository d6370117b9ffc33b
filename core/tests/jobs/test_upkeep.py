"""The upkeep: reaps, sends again, prunes, sweeps."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.jobs import execution, holder, lifecycle, upkeep
from core.jobs.models import Job, JobAttempt, Status
from core.jobs.selectors import running
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh, take
from core.uploads.models import Upload


def age(**seconds):
    """Let all jobs be older."""
    for field, value in seconds.items():
        Job.objects.update(**{field: timezone.now() - timedelta(seconds=value)})


def test_a_message_on_its_way_is_not_sent_again(job, queues):
    queues.clear()
    assert upkeep.resend_lost() == 0


def test_a_message_that_waits_is_not_sent_again(job, queues):
    age(sent_at=60)
    assert upkeep.resend_lost() == 0
    assert len(queues.sent()) == 1


def test_a_lost_message_is_sent_again(job, queues):
    queues.clear()
    age(sent_at=60)
    assert upkeep.resend_lost() == 1
    assert queues.sent() == [str(job.pk)]


def test_a_message_sent_again_is_on_its_way(job, queues):
    queues.clear()
    age(sent_at=60)
    upkeep.resend_lost()
    queues.clear()
    assert upkeep.resend_lost() == 0


def test_a_clock_that_was_put_back_delays_nothing(job, queues):
    queues.clear()
    age(sent_at=-3600)
    assert upkeep.resend_lost() == 1


@pytest.mark.parametrize("unready", ["running", "finished", "later", "child"])
def test_what_no_worker_could_take_is_not_sent(make, queues, unready):
    job = make()
    if unready == "child":
        make(parent=job)
        take(job)
    elif unready == "later":
        Job.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    else:
        take(job)
        if unready == "finished":
            lifecycle.cancel(job.pk)
    queues.clear()
    age(sent_at=60)
    assert upkeep.resend_lost() == 0


def test_only_as_many_are_sent_as_are_missing_the_oldest_first(make, queues):
    jobs = [make() for _ in range(5)]
    queues.client.ltrim("nobody", 0, 1)
    for number, job in enumerate(reversed(jobs)):
        sent = timezone.now() - timedelta(seconds=60 + number)
        Job.objects.filter(pk=job.pk).update(sent_at=sent)
    assert upkeep.resend_lost() == 3
    assert queues.sent()[-3:] == [str(job.pk) for job in jobs[:3]]


def test_each_queue_is_counted_by_itself(make, queues):
    full, empty = make(), make()
    Job.objects.filter(pk=empty.pk).update(queue="nobody-else")
    queues.client.ltrim("nobody", 1, 1)
    age(sent_at=60)
    assert upkeep.resend_lost() == 1
    assert queues.sent("nobody-else") == [str(empty.pk)]
    assert queues.sent() == [str(full.pk)]


def test_a_broker_that_is_away_is_waited_for(job, machine):
    age(sent_at=60)
    machine.stop_redis()
    try:
        assert upkeep.resend_lost() == 0
    finally:
        machine.restart_redis()
    assert upkeep.resend_lost() == 1


def test_a_backlog_of_five_thousand_costs_a_few_queries_and_is_sent_whole(user, queues):
    Job.objects.bulk_create(
        Job(kind="tests.plain", queue="nobody", owner=user) for _ in range(5000)
    )
    assert upkeep.resend_lost() == 5000
    assert len(set(queues.sent())) == 5000
    age(sent_at=60)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert upkeep.resend_lost() == 0
    assert len(caught) <= 1 + 2 * len(upkeep._limits())


def test_waiting_jobs_are_found_by_an_index(user):
    Job.objects.bulk_create(
        [Job(kind="tests.plain", queue="nobody", owner=user, status="failed") for _ in range(3000)]
        + [Job(kind="tests.plain", queue="nobody", owner=user) for _ in range(10)]
    )
    connection.cursor().execute("ANALYZE")
    for jobs in (upkeep._unlimited(), Job.objects.filter(running())):
        plan = jobs.explain()
        assert re.search(r"job_(finished|waiting|leases)", plan), plan
        assert not re.search(r"SCAN core_job|Seq Scan on core_job ", plan), plan


def test_a_job_whose_holder_is_dead_is_freed_before_its_lease_is_over(job):
    dead = f"worker:{holder._namespace()}:999999999:1"
    lifecycle.claim(job.pk, holder=dead)
    assert upkeep.reap() == 1
    assert fresh(job).status == Status.QUEUED


def test_a_job_whose_holder_lives_is_left_alone(job):
    lifecycle.claim(job.pk, holder=holder.this_process())
    assert upkeep.reap() == 0


@pytest.mark.parametrize(
    "other", ["runner:7", "worker:elsewhere/pid:[1]:999999999:1", "", "worker:x"]
)
def test_a_holder_of_whom_nothing_is_known_keeps_its_lease(job, other):
    lifecycle.claim(job.pk, holder=other)
    assert upkeep.reap() == 0


def test_a_process_id_used_again_does_not_pass_for_the_holder():
    me = holder.this_process()
    assert not holder.is_known_dead(me)
    assert holder.is_known_dead(me[:-1] + str((int(me[-1]) + 1) % 10))


def test_a_zombie_counts_as_dead():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    name = f"worker:{holder._namespace()}:{pid}:1"
    assert holder.is_known_dead(name)
    os.waitpid(pid, 0)


def finished_long_ago(make):
    job = take(make())
    lifecycle.succeed(job, {})
    age(finished_at=31 * 86400)
    return job


def test_old_finished_jobs_are_removed_with_their_attempts(make):
    finished_long_ago(make)
    assert upkeep.prune() == 1
    assert not Job.objects.exists()
    assert not JobAttempt.objects.exists()


def test_young_and_unfinished_jobs_stay(make, held):
    lifecycle.succeed(take(make()), {})
    Job.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert upkeep.prune() == 0


def test_jobs_stay_for_ever_when_told_so(make, settings):
    settings.JOB_KEEP_DAYS = 0
    finished_long_ago(make)
    assert upkeep.prune() == 0


def test_a_job_that_a_domain_row_points_to_stays(make, user):
    job = finished_long_ago(make)
    Upload.objects.create(
        owner=user,
        job=job,
        stored_name="x",
        image_hash="0" * 64,
        mime_type="image/png",
        size_bytes=1,
    )
    assert upkeep.prune() == 0
    assert Upload.objects.get().job == job


def test_a_family_is_removed_when_all_of_it_is_old(make):
    parent = make()
    child = make(parent=parent)
    lifecycle.succeed(take(parent), {})
    lifecycle.succeed(take(child), {})
    Job.objects.filter(pk=parent.pk).update(finished_at=timezone.now() - timedelta(days=31))
    assert upkeep.prune() == 0
    age(finished_at=31 * 86400)
    assert upkeep.prune() == 2


def test_folders_of_attempts_without_a_lease_are_swept(make, settings):
    root = Path(settings.SCRATCH_ROOT)
    running = take(make())
    alive = root / f"{running.pk}.1"
    dead = [root / f"{running.pk}.0", root / f"{make().pk}.1", root / "something"]
    for folder in (alive, *dead):
        folder.mkdir()
        (folder / "file").write_text("x")
    upkeep.sweep_scratch()
    assert alive.exists()
    assert not any(folder.exists() for folder in dead)
    lifecycle.cancel(running.pk)
    upkeep.sweep_scratch()
    assert not alive.exists()


def test_an_attempt_that_begins_during_the_sweep_keeps_its_folder(make, settings):
    """The folder appears, and its job is claimed, after the sweep has asked who runs."""
    job, begun = make(), []
    folder = Path(settings.SCRATCH_ROOT) / f"{job.pk}.1"

    def begin_after_the_question(execute, sql, params, many, context):
        rows = execute(sql, params, many, context)
        if not begun:
            begun.append(True)
            take(job)
            folder.mkdir()
        return rows

    with connection.execute_wrapper(begin_after_the_question):
        upkeep.sweep_scratch()
    assert folder.exists()
    folder.rmdir()


def test_a_job_lost_and_taken_back_leaves_no_folder(make):
    job = make(kinds.Scripted)
    lifecycle.claim(job.pk, holder=f"worker:{holder._namespace()}:999999999:1")
    folder = Path(execution.Holding(fresh(job), memory_limit_bytes=1).scratch)
    upkeep.reap()
    assert not folder.exists()
