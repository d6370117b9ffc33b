"""Progress as it is heard from a real worker (rule 5)."""

import itertools

import pytest

from core.jobs import lifecycle
from core.tests.jobs.conftest import Listener
from tests.faults.conftest import at_work, ended
from tests.support.waiting import wait_until


def heard_to_the_end(job):
    """Return all frames of a job, up to its final one."""
    ear, frames = Listener(job), []
    try:
        wait_until(lambda: frames.extend(ear.frames()) or (frames and is_final(frames[-1])), 60)
        frames.extend(ear.frames())
    finally:
        ear.close()
    return frames


def is_final(frame):
    return frame["status"] in ("succeeded", "failed", "cancelled")


@pytest.mark.case("platform", 5)
@pytest.mark.parametrize("behaviour", ["ok", "fail", "spin"])
def test_progress_rises_is_merged_and_ends_with_the_final_state(platform, start, behaviour):
    job = start(behaviour, duration_s=3, stages=3)
    frames = heard_to_the_end(job)
    done = ended(job)
    assert [is_final(frame) for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert frames[-1]["revision"] == done.revision
    revisions = [frame["revision"] for frame in frames]
    assert revisions == sorted(set(revisions))
    for _, stage in itertools.groupby(frames, lambda frame: (frame["status"], frame["stage"])):
        heard = [frame["progress"] for frame in stage]
        assert heard == sorted(heard)
    took_s = (done.finished_at - done.started_at).total_seconds()
    assert len(frames) <= 10 * (took_s + 1)


def test_a_cancel_is_the_last_that_is_heard(platform, start):
    job = start(duration_s=30)
    at_work(job)
    ear = Listener(job)
    cancelled = lifecycle.cancel(job.pk)
    ended(start())
    newest = max(ear.frames(), key=lambda frame: frame["revision"])
    ear.close()
    assert (newest["status"], newest["revision"]) == ("cancelled", cancelled.revision)
