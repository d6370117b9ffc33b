"""What hangs, outgrows its memory or its time is ended and named so (rule 6)."""

import pytest

from core.jobs.models import Status
from tests.faults.conftest import ended, programs_of, scratch_folders
from tests.support.waiting import wait_until

EXPECTED = {"hang": "stalled", "spin": "timeout", "eat_memory": "memory"}


@pytest.mark.case("platform", 6)
def test_each_excess_is_ended_and_named(platform, start):
    jobs = {
        (behaviour, subprocess): start(behaviour, subprocess=subprocess)
        for behaviour in EXPECTED
        for subprocess in (False, True)
    }
    codes = {which: ended(job, 120).error_code for which, job in jobs.items()}
    assert codes == {which: EXPECTED[which[0]] for which in jobs}
    for job in jobs.values():
        wait_until(lambda job=job: scratch_folders(job) == [])
    # The workers are as good as new.
    assert ended(start()).status == Status.SUCCEEDED


@pytest.mark.parametrize(
    ("behaviour", "subprocess", "code"),
    [("fail", False, "selftest"), ("crash", False, "crashed"),
     ("fail", True, "program_failed"), ("crash", True, "program_failed")],
)  # fmt: skip
def test_each_failure_is_named(platform, start, behaviour, subprocess, code):
    failed = ended(start(behaviour, stages=2, subprocess=subprocess))
    assert (failed.status, failed.error_code, failed.stage) == (Status.FAILED, code, "stage 2")
    assert "/" not in failed.error_message
    assert "Traceback" not in failed.error_message


def test_a_program_that_hangs_is_tried_again_before_the_job_fails(platform, start):
    failed = ended(start("hang", subprocess=True))
    assert list(failed.attempts.values_list("outcome", flat=True)) == ["stalled"] * 3
    assert failed.error_code == "stalled"


def test_what_a_program_printed_is_in_the_log_of_its_attempt(platform, start):
    done = ended(start(stages=2, subprocess=True))
    assert done.attempts.get().log.splitlines() == ["stage 1", "ok", "stage 2", "ok"]


def test_a_job_without_programs_leaves_none(platform, start):
    job = start(duration_s=1)
    wait_until(lambda: job.__class__.objects.get(pk=job.pk).status == "running")
    assert programs_of(job) == []
    ended(job)
