"""Progress: what is written, what is merged, and in which order it is heard."""

import pytest
from django.utils import timezone

from core.jobs import holding as holding_module
from core.jobs import lifecycle
from core.jobs.holding import Holding
from core.jobs.models import Job
from core.tests.jobs.conftest import fresh


class Clock:
    """A clock that stands until it is told to move."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(holding_module, "time", clock)
    return clock


@pytest.fixture
def mine(held, clock):
    """Return a hold on a running job."""
    return Holding(held, memory_limit_bytes=2**30)


def test_progress_never_falls_within_a_stage_whoever_writes_it(held):
    lifecycle.report(held, "first", 0, 0.6)
    assert lifecycle.report(held, "first", 0, 0.2).progress == 0.6
    assert lifecycle.report(held, "second", 1, 0.1).progress == 0.1


@pytest.mark.parametrize(
    ("said", "written"), [(-1, 0.0), (7, 1.0), (float("nan"), 0.0), (float("inf"), 1.0)]
)
def test_progress_is_a_fraction_whatever_is_said(held, said, written):
    assert lifecycle.report(held, "first", 0, said).progress == written


def test_a_stage_of_any_length_and_content_can_be_written(held):
    assert fresh(lifecycle.report(held, "\0st\ud800age" + "x" * 100, 0, 0)).stage == (
        "st\N{REPLACEMENT CHARACTER}age" + "x" * 58
    )


def test_a_report_renews_the_lease(held):
    Job.objects.filter(pk=held.pk).update(lease_expires_at=timezone.now())
    assert lifecycle.report(held, "first", 0, 0.5).lease_expires_at > timezone.now()


def test_renewing_a_lease_is_no_news(held, listen):
    ear = listen(held)
    lifecycle.renew(held)
    assert fresh(held).revision == held.revision
    assert ear.frames() == []


def test_a_thousand_reports_in_a_second_make_two_writes(mine, clock, held):
    for step in range(1000):
        clock.now = 1000.0 + step / 1000
        mine.report("first", 0, step / 1000)
    assert fresh(held).revision - held.revision == 2


def test_a_hundred_stages_in_a_second_make_ten_events_at_most(mine, clock, held, listen):
    ear = listen(held)
    for step in range(100):
        clock.now = 1000.0 + step / 100
        mine.report(f"stage {step}", step, 0.0)
    assert 2 <= len(ear.frames()) <= 10


def test_what_was_held_back_is_written_a_moment_later(mine, clock, held):
    mine.report("first", 0, 0.1)
    mine.report("first", 0, 0.9)
    assert fresh(held).progress == 0.1
    clock.now += 0.5
    mine.flush()
    assert fresh(held).progress == 0.9


def test_what_nobody_may_miss_is_written_at_once_and_once(mine, clock, held):
    for progress in (0.1, 0.2, 1.0):
        mine.report("first", 0, progress, at_once=True)
        assert fresh(held).progress == progress
    revision = fresh(held).revision
    mine.report("first", 0, 1.0, at_once=True)
    assert fresh(held).revision == revision
    mine.report("second", 1, 0.0, at_once=True)

    assert (fresh(held).stage, fresh(held).progress) == ("second", 0.0)


def test_nothing_is_written_twice(mine, clock, held):
    mine.report("first", 0, 0.1)
    clock.now += 5
    mine.flush()
    mine.report("first", 0, 0.1)
    assert fresh(held).revision - held.revision == 1


def test_the_stage_a_job_came_to_is_written_at_its_end(mine, held):
    mine.report("first", 0, 0.1)
    mine.report("second", 1, 0.2)
    mine.last_word()
    assert (fresh(held).stage, fresh(held).progress) == ("second", 0.2)


def test_a_lower_word_held_back_does_not_win(mine, clock, held):
    mine.report("first", 0, 0.1)
    mine.report("first", 0, 0.8)
    mine.report("first", 0, 0.3)
    clock.now += 1
    mine.flush()
    assert fresh(held).progress == 0.8


def test_a_report_tells_a_worker_that_its_job_was_cancelled(mine, held):
    lifecycle.cancel(held.pk)
    with pytest.raises(lifecycle.LeaseLost):
        mine.report("first", 0, 0.1)


def test_a_check_looks_once_a_second(mine, clock, held):
    lifecycle.cancel(held.pk)
    mine.check()
    clock.now += 1.0
    with pytest.raises(lifecycle.LeaseLost):
        mine.check()


def test_a_job_that_says_nothing_is_silent(mine, clock):
    clock.now += 20
    assert mine.silence_s() == 20


def test_the_time_that_a_report_waits_for_the_database_is_no_silence(mine, clock, monkeypatch):
    def slow(*_):
        clock.now += 20

    monkeypatch.setattr(lifecycle, "report", slow)
    mine.report("first", 0, 0.1)
    assert mine.silence_s() == 0


def test_an_announced_silence_is_none(mine, clock):
    with mine.heartbeat():
        clock.now += 20
        assert mine.silence_s() == 0
    assert mine.silence_s() == 0


def test_the_final_state_is_the_last_event_and_revisions_rise(held, listen):
    ear = listen(held)
    for step in range(3):
        lifecycle.report(held, "first", 0, step / 10)
    lifecycle.succeed(held, {"done": True})
    frames = ear.frames()
    assert [frame["status"] for frame in frames] == ["running"] * 3 + ["succeeded"]
    revisions = [frame["revision"] for frame in frames]
    assert revisions == sorted(set(revisions))
    assert frames[-1]["result"] == {"done": True}


def test_a_log_keeps_the_last_lines_in_a_form_that_can_be_stored(mine, held):
    for number in range(250):
        mine.log(f"line {number}\0\ud800" + "x" * 5000)
    mine.save_log()
    lines = held.attempts.get().log.split("\n")
    assert len(lines) == 100
    assert lines[-1].startswith("line 249\N{REPLACEMENT CHARACTER}")
    assert max(map(len, lines)) == 1000


def test_a_late_worker_cannot_write_the_log_of_another_attempt(mine, held):
    lifecycle.release(held)
    lifecycle.claim(held.pk, holder="somebody else")
    mine.log("late")
    mine.save_log()
    assert list(held.attempts.values_list("log", flat=True)) == ["late", ""]


def test_each_attempt_has_a_scratch_folder_of_its_own(mine, held):
    first = mine.scratch
    lifecycle.release(held)
    again = Holding(lifecycle.claim(held.pk, holder="x"), memory_limit_bytes=2**30)
    assert again.scratch != first
    assert (first.stat().st_mode & 0o777) == 0o700
    mine.remove_scratch()
    assert not first.exists()
    assert again.scratch.exists()
    again.remove_scratch()
