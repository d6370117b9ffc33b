"""POST /api/v1/runners/jobs/<uuid>/abort"""

import pytest

from core.jobs.models import Status
from tests.support.waiting import wait_until
from transcode.tests.factories import fresh


@pytest.mark.parametrize("reason", [None, "", " ", "x" * 5001, {}])
def test_a_reason_is_wanted(call, held, reason):
    answer = call(f"/jobs/{held.pk}/abort", {**held.said, "reason": reason})
    assert answer.status_code == 400
    assert list(answer.json()["invalid-params"]) == ["reason"]
    assert fresh(held).job.status == Status.RUNNING


def test_an_abort_after_an_abort_finds_no_job(call, held):
    said = {**held.said, "reason": "x"}
    assert call(f"/jobs/{held.pk}/abort", said).status_code == 204
    again = call(f"/jobs/{held.pk}/abort", said)
    assert (again.status_code, again.json()["error"]) == (404, "Unknown runner job")


def test_a_job_is_pending_again_and_nothing_is_counted(call, held, runner):
    answer = call(f"/jobs/{held.pk}/abort", {**held.said, "reason": "going down"})
    assert (answer.status_code, answer.content) == (204, b"")
    row = fresh(held)
    assert (row.job.status, row.failures, row.failed_by) == (Status.QUEUED, 0, {})
    assert (row.runner, row.token_hash, row.job.progress) == (None, "", 0.0)


@pytest.mark.case("transcode", 11)
def test_whoever_listens_hears_of_an_aborted_job_at_once(on_server, platform):
    held = on_server.accept()
    with on_server.http.listen() as ears:
        while ears.wait(1.5):
            pass  # What was said of the job before.
        platform.upkeep.kill()  # Whatever is only said later is said by it.
        assert on_server.http.abort(held, "going down").status_code == 204
        assert ears.wait()
    row = on_server.row()
    assert (row.job.status, row.token_hash, row.failures) == (Status.QUEUED, "", 0)


def test_the_runner_that_aborted_hears_again_when_it_may_have_the_job(on_server):
    """Nobody else is there, and it asks only when it is told to."""
    held = on_server.accept()
    with on_server.http.listen() as ears:
        on_server.http.abort(held, "going down")
        assert on_server.http.request().json()["availableJobs"] == []
        assert wait_until(
            lambda: ears.wait(1.0) and on_server.http.request().json()["availableJobs"], 60
        )
