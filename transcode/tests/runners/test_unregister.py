"""POST /api/v1/runners/unregister"""

from core.jobs.models import Status
from transcode.models import Runner
from transcode.tests.factories import accepted, fresh, make_job


def test_a_token_that_is_nobodys_is_refused_by_its_code(call, runner):
    answer = call("/unregister", {"runnerToken": "ptrt-nobody"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_runner_token"
    assert Runner.objects.count() == 1


def test_without_a_token_it_is_a_bad_request(call, runner):
    assert call("/unregister", {}).status_code == 400
    assert Runner.objects.count() == 1


def test_a_runner_is_forgotten_with_its_token(call, runner):
    answer = call("/unregister", {"runnerToken": runner.token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not Runner.objects.exists()
    again = call("/unregister", {"runnerToken": runner.token})
    assert again.json()["code"] == "unknown_runner_token"


def test_its_jobs_are_pending_at_once_and_no_failure_is_counted(call, held, runner):
    call("/unregister", {"runnerToken": runner.token})
    job = fresh(held)
    assert (job.job.status, job.failures, job.token_hash, job.runner) == (
        Status.QUEUED, 0, "", None,
    )  # fmt: skip


def test_the_jobs_of_others_stay_theirs(call, video, held, other_runner):
    mine = make_job(video)
    accepted(other_runner, mine)
    call("/unregister", {"runnerToken": held.said["runnerToken"]})
    assert fresh(mine).job.status == Status.RUNNING
    assert fresh(mine).runner == other_runner
