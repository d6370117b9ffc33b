"""POST /api/v1/runners/jobs/<uuid>/error"""

import pytest

from core.jobs.models import Status
from transcode.models import VideoJob
from transcode.states import JobState, state_of
from transcode.tests.factories import accepted, fresh, make_job, tokens_of


def report(call, job, message="ffmpeg said no"):
    return call(f"/jobs/{job.pk}/error", {**job.said, "message": message})


@pytest.mark.parametrize("message", [None, "", {}, []])
def test_a_message_is_wanted(call, held, message):
    answer = report(call, held, message)
    assert answer.status_code == 400
    assert list(answer.json()["invalid-params"]) == ["message"]
    assert fresh(held).failures == 0


def test_an_error_costs_a_failure_and_the_job_is_pending_again(call, held, runner):
    answer = report(call, held)
    assert (answer.status_code, answer.content) == (204, b"")
    row = fresh(held)
    assert (row.job.status, row.failures, row.runner, row.token_hash) == (
        Status.QUEUED, 1, None, "",
    )  # fmt: skip
    assert row.failed_by[str(runner.pk)]["count"] == 1


def test_the_same_error_twice_costs_one_failure(call, held):
    report(call, held)
    assert report(call, held).status_code == 404
    assert fresh(held).failures == 1


def test_the_last_error_ends_the_job_with_its_children(call, held, runner, video):
    child = make_job(video, parent=held)
    VideoJob.objects.filter(pk=held.pk).update(failures=4)
    assert report(call, held, "no such codec").status_code == 204
    row = fresh(held)
    assert (state_of(row.job), row.failures) == (JobState.ERRORED, 5)
    assert row.job.error_message == "no such codec"
    assert row.job.finished_at is not None
    assert row.token_hash == ""
    assert row.runner.pk == runner.pk
    assert state_of(fresh(child).job) == JobState.PARENT_ERRORED


def test_a_message_that_is_too_long_is_cut(call, held):
    VideoJob.objects.filter(pk=held.pk).update(failures=4)
    assert report(call, held, "x" * 6000).status_code == 204
    assert fresh(held).job.error_message == "x" * 5000


def test_each_failure_of_one_runner_is_counted(call, job, runner):
    for count in (1, 2, 3):
        job.said = tokens_of(runner.token, accepted(runner, job))
        report(call, job)
        assert fresh(job).failed_by[str(runner.pk)]["count"] == count
