"""One job run to its end in this very process, whatever its kind does."""

import gc
import os
import signal
import sys
import time

import pytest
from django.db import OperationalError, connection, transaction

from core.errors import InvalidInput, JobError, TemporaryFailure
from core.jobs import execution, lifecycle, settling, stopping, watchdog
from core.jobs.models import Job, Status
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh
from tests.support.locking import locked


@pytest.fixture
def run(make):
    """Return the function that runs a job whose kind does what `script` says."""

    def run_job(script, limit=60.0):
        kinds.Scripted.script, kinds.Scripted.limit = staticmethod(script), limit
        job = make(kinds.Scripted)
        execution.execute(job.pk)
        return fresh(job)

    return run_job


def fail_with(error):
    def script(kind):
        raise error

    return script


def sleep(kind):
    time.sleep(60)
    return {}


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (JobError("Too dark.", code="dark"), "dark", "Too dark."),
        (InvalidInput("Not a page."), "invalid_input", "Not a page."),
        (MemoryError(), "memory", "The job needed more memory than it may have."),
        (ValueError("/etc/secret"), "crashed", "The worker met an unexpected error."),
        (SystemExit(3), "crashed", "The worker met an unexpected error."),
        (RecursionError(), "crashed", "The worker met an unexpected error."),
    ],
)
def test_each_failure_has_a_code_and_a_plain_sentence(run, error, code, message):
    failed = run(fail_with(error))
    assert (failed.status, failed.error_code, failed.error_message) == ("failed", code, message)
    assert failed.attempts.get().log == f"{code}: {message}"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(TemporaryFailure("Not now.", code="busy"), "busy"), (OperationalError("gone"), "crashed")],
)
def test_what_may_pass_is_tried_again(run, error, outcome):
    waiting = run(fail_with(error))
    assert (waiting.status, waiting.attempts_left) == (Status.QUEUED, 2)
    assert waiting.attempts.get().outcome == outcome


def test_a_job_of_an_unknown_kind_crashes_and_keeps_its_row(run, job):
    Job.objects.filter(pk=job.pk).update(kind="tests.gone")
    execution.execute(job.pk)
    assert fresh(job).error_code == "crashed"


def test_a_job_that_is_not_to_be_had_is_left_alone(held):
    execution.execute(held.pk)
    assert fresh(held).lease_token == held.lease_token


def test_a_success_publishes_in_its_own_transaction(run):
    seen = []
    kinds.Scripted.published = staticmethod(
        lambda kind, result: seen.append((result, connection.in_atomic_block))
    )
    assert run(lambda kind: {"n": 1}).result == {"n": 1}
    assert seen == [({"n": 1}, True)]


def test_a_publication_that_fails_fails_the_job(run):
    kinds.Scripted.published = staticmethod(lambda kind, result: 1 / 0)
    assert run(lambda kind: {}).error_code == "crashed"


def test_a_scratch_folder_is_gone_after_success_failure_and_interrupt(run):
    made = []

    def script(kind):
        made.append(kind.scratch)
        (kind.scratch / "file").write_text("x")
        if len(made) > 1:
            fail_with([ValueError(), TemporaryFailure("x"), SystemExit()][len(made) - 2])(kind)
        return {}

    for _ in range(4):
        run(script)
    assert len(made) == 4
    assert not any(path.exists() for path in made)


def test_work_that_takes_too_long_is_interrupted_and_named(run):
    assert run(sleep, limit=0.3).error_code == "timeout"


def test_work_that_says_nothing_is_interrupted_and_named(run, settings):
    settings.JOB_LEASE_S = 1.3
    assert run(sleep).error_code == "stalled"


def test_work_is_not_silent_while_the_machine_stands_still(run, settings):
    settings.JOB_LEASE_S = 2.0

    def script(kind):
        kind.report("stands still", 0.1)
        before_s = sys.getswitchinterval()
        sys.setswitchinterval(60)  # Nobody else in this process is let in.
        try:
            began_at = time.monotonic()
            while time.monotonic() - began_at < 2.5:
                pass
        finally:
            sys.setswitchinterval(before_s)
        time.sleep(0.6)
        return {}

    assert run(script).status == Status.SUCCEEDED


def test_work_that_announces_its_silence_keeps_its_lease(run, settings):
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S = 1.5, 0.4
    expiries = []

    def script(kind):
        with kind.heartbeat():
            for _ in range(4):
                time.sleep(0.6)
                expiries.append(fresh(kind.job).lease_expires_at)
        return {}

    assert run(script).status == Status.SUCCEEDED
    assert expiries == sorted(expiries)
    assert expiries[-1] > expiries[0]


def test_work_that_eats_memory_is_interrupted_and_named(run, monkeypatch):
    limit = watchdog._resident_bytes() + 2**27
    monkeypatch.setattr(kinds.Scripted, "memory_limit_bytes", limit)

    def eat(kind):
        kept = []
        while True:
            kept.append(bytearray(2**22))
            time.sleep(0.005)

    assert run(eat).error_code == "memory"
    gc.collect()


def test_one_gulp_of_memory_beyond_all_bounds_is_refused_by_the_system(run, monkeypatch):
    monkeypatch.setattr(kinds.Scripted, "memory_limit_bytes", 2**30)
    assert run(lambda kind: {"n": len(bytearray(2**34))}).error_code == "memory"


def test_the_bound_on_memory_ends_with_the_job(run):
    before = watchdog.resource.getrlimit(watchdog.resource.RLIMIT_DATA)
    run(lambda kind: {})
    assert watchdog.resource.getrlimit(watchdog.resource.RLIMIT_DATA) == before


def test_a_cancelled_job_is_interrupted_and_stays_cancelled(run, monkeypatch):
    monkeypatch.setattr(watchdog, "READ_EVERY_S", 0.1)

    def script(kind):
        lifecycle.cancel(kind.job.pk)
        return sleep(kind)

    assert run(script).status == Status.CANCELLED


def test_an_interrupt_is_not_swallowed_by_code_that_catches_every_exception(run):
    caught = []

    def stubborn(kind):
        while True:
            try:
                time.sleep(60)
            except Exception as error:  # noqa: BLE001
                caught.append(error)

    assert run(stubborn, limit=0.3).error_code == "timeout"
    assert caught == []


def test_a_second_signal_ends_work_whose_tidying_hangs(run):
    def script(kind):
        try:
            time.sleep(60)
        finally:
            time.sleep(60)

    assert run(script, limit=0.3).error_code == "timeout"


def test_a_transaction_cut_by_an_interrupt_leaves_no_trace(run, job):
    def script(kind):
        with transaction.atomic():
            Job.objects.filter(pk=job.pk).update(stage="half")
            time.sleep(60)

    assert run(script, limit=0.4).error_code == "timeout"
    assert fresh(job).stage == ""
    assert not connection.in_atomic_block


def test_many_interrupts_at_any_moment_lose_no_end_of_a_job(run, monkeypatch):
    """The limit runs out anywhere: in the work, in a report, in the last write."""
    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.001)
    ends = set()
    for step in range(60):

        def script(kind, until=0.02):
            ends_at = time.monotonic() + until
            while time.monotonic() < ends_at:
                with transaction.atomic():
                    Job.objects.filter(pk=kind.job.pk).update(holder="busy")
                kind.report("x", 0.5)
            return {}

        done = run(script, limit=0.004 + step * 0.0004)
        assert done.is_finished
        assert done.attempts.get().outcome in ("succeeded", "timeout")
        assert not connection.in_atomic_block
        ends.add(done.status)
    assert Status.FAILED in ends


def test_a_stray_signal_does_nothing(run):
    def script(kind):
        os.kill(os.getpid(), signal.SIGUSR2)
        return {}

    assert run(script).status == Status.SUCCEEDED
    os.kill(os.getpid(), signal.SIGUSR2)


def test_no_import_is_left_half_done(run, monkeypatch, tmp_path):
    (tmp_path / "slowly_imported.py").write_text("import time\ntime.sleep(0.8)\nis_whole = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    def script(kind):
        import slowly_imported

        assert slowly_imported.is_whole
        return sleep(kind)

    assert run(script, limit=0.2).error_code == "timeout"
    assert sys.modules.pop("slowly_imported").is_whole


def test_a_worker_told_to_stop_gives_the_job_back(run):
    def script(kind):
        signal.raise_signal(signal.SIGTERM)
        return sleep(kind)

    obeyed = []
    earlier = signal.signal(signal.SIGTERM, lambda *_: obeyed.append(True))
    try:
        waiting = run(script)
    finally:
        signal.signal(signal.SIGTERM, earlier)
    assert (waiting.status, waiting.attempts_left) == (Status.QUEUED, 3)
    assert waiting.attempts.get().outcome == "released"
    assert obeyed == [True]


def test_a_job_that_cannot_begin_anew_fails_when_its_worker_is_told_to_stop(run, monkeypatch):
    monkeypatch.setattr(kinds.Scripted, "is_abortable", False)

    def script(kind):
        stopping._stop()
        return sleep(kind)

    try:
        failed = run(script)
    finally:
        stopping._begin()
    assert (failed.status, failed.error_code) == (Status.FAILED, "worker_stopped")
    assert failed.error_message == "The worker was told to stop."


def test_a_worker_told_to_stop_begins_nothing(job):
    stopping._stop()
    try:
        with pytest.raises(stopping.GivenBack):
            execution.execute(job.pk)
    finally:
        stopping._begin()
    assert fresh(job).status == Status.QUEUED


def test_a_success_waits_for_a_database_that_is_away(run, monkeypatch):
    tries = []

    def publish(kind, result):
        tries.append(result)
        if len(tries) < 4:
            raise OperationalError("database is locked")

    kinds.Scripted.published = staticmethod(publish)
    assert run(lambda kind: {"n": 1}).status == Status.SUCCEEDED
    assert len(tries) == 4


def test_a_database_that_stays_away_leaves_the_job_to_its_lease(run, monkeypatch):
    monkeypatch.setattr(settling, "PATIENCE_S", -1.0)

    def publish(kind, result):
        raise OperationalError("database is locked")

    kinds.Scripted.published = staticmethod(publish)
    left = run(lambda kind: {"n": 1})
    assert (left.status, left.result) == (Status.RUNNING, None)
    assert lifecycle.reap_holder(left)


def test_a_report_that_cannot_be_written_ends_nothing(run):
    def script(kind):
        with locked(connection):
            kind.report("first", 0.1)
            with kind.heartbeat():
                kind.holding.log("a line")
                kind.holding.save_log()
        kind.report("second", 0.2)
        return {}

    done = run(script)
    assert (done.status, done.stage) == (Status.SUCCEEDED, "second")


def test_a_job_whose_holder_died_here_is_freed_when_its_message_comes_again(make):
    job = make()
    dead = "worker:" + execution.holder._namespace() + ":999999999:1"
    lifecycle.claim(job.pk, holder=dead)
    execution.execute(job.pk)
    assert fresh(job).status == Status.QUEUED
    assert fresh(job).attempts.get().outcome == "worker_lost"


def test_a_program_lives_and_dies_with_its_job(run):
    def script(kind):
        kind.program(["sleep", "60"])
        return {}

    assert run(script, limit=0.5).error_code == "timeout"
