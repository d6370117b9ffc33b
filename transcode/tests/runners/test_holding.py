"""What runners' calls come to when others act at the same moment, or the database does not."""

import pytest

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from transcode.models import JobType, Runner, VideoJob
from transcode.runners import holding, offers, removal
from transcode.runners.problems import NotProcessing, TooLate, UnknownJob
from transcode.tests.factories import accepted, fresh, make_job


@pytest.fixture
def hold(held, runner):
    """Return a hold as a call reads it, before something else happens."""
    return holding.held(held.pk, runner_token=runner.token, job_token=held.token, ip="127.0.0.1")


@pytest.fixture
def files(tmp_path):
    return {"videoFile": tmp_path / "a", "resolutionPlaylistFile": tmp_path / "b"}


def test_calls_that_were_overtaken_by_a_cancel_find_no_job(hold, files):
    lifecycle.cancel(hold.job.pk)
    for call in (
        lambda: holding.update(hold, 0.5, {}, {}),
        lambda: holding.abort(hold, "x"),
        lambda: holding.error(hold, "x"),
    ):
        with pytest.raises(UnknownJob):
            call()
    with pytest.raises(TooLate):
        holding.succeed(hold, {}, files)
    assert fresh(hold.video_job).result is None
    assert fresh(hold.video_job).failures == 0


def test_calls_that_were_overtaken_by_the_success_are_told_so(hold, files):
    holding.succeed(hold, {}, files)
    for call in (lambda: holding.abort(hold, "x"), lambda: holding.error(hold, "x")):
        with pytest.raises(NotProcessing):
            call()
    holding.update(hold, 0.5, {}, {})
    assert fresh(hold.video_job).job.is_finishing


def test_a_success_that_was_written_before_the_database_fell_silent_is_taken_again(hold, files):
    holding.succeed(hold, {}, files)
    before = fresh(hold.video_job).job.revision
    holding.succeed(hold, {}, files)
    assert fresh(hold.video_job).job.revision == before
    with pytest.raises(TooLate):
        holding.succeed(hold, {}, {**files, "videoFile": files["videoFile"].with_name("other")})


def test_an_abort_and_what_keeps_the_job_from_its_runner_are_written_together(hold, monkeypatch):
    def die(*_):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(offers, "withhold", die)
        with pytest.raises(RuntimeError):
            holding.abort(hold, "x")
    assert fresh(hold.video_job).job.status == Status.RUNNING


def test_a_stall_is_a_failure_of_the_runner_that_had_the_job(held, runner):
    Job.objects.filter(pk=held.pk).update(lease_expires_at="2020-01-01T00:00:00Z")
    lifecycle.reap_stalled()
    row = fresh(held)
    assert (row.job.status, row.failures) == (Status.QUEUED, 1)
    assert row.failed_by[str(runner.pk)]["count"] == 1


def test_a_failure_of_a_local_worker_is_no_runners(video, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    job = make_job(video)
    lifecycle.fail(lifecycle.claim(job.pk, holder="worker:1"), "x", "x")
    assert (fresh(job).failures, fresh(job).failed_by) == (1, {})


def test_a_retry_by_a_person_forgets_who_failed(held, runner):
    VideoJob.objects.filter(pk=held.pk).update(failures=4)
    lifecycle.postpone(fresh(held).job, "x", "x")
    lifecycle.retry(held.pk)
    assert (fresh(held).failures, fresh(held).failed_by) == (0, {})


def test_a_registration_token_goes_with_all_its_runners_or_with_none(
    held, runner, other_runner, monkeypatch
):
    token = runner.registration_token
    Runner.objects.update(registration_token=token)
    remove, seen = removal.remove_runner, []

    def die_at_the_second(one):
        seen.append(one)
        if len(seen) == 2:
            raise RuntimeError
        remove(one)

    monkeypatch.setattr(removal, "remove_runner", die_at_the_second)
    with pytest.raises(RuntimeError):
        removal.remove_registration_token(token)
    assert Runner.objects.count() == 2
    assert fresh(held).job.status == Status.RUNNING


def test_twelve_jobs_that_a_runner_must_not_have_do_not_hide_one_that_it_may(call, runner, video):
    """The ten are counted after the filters, those by runner too."""
    for _ in range(12):
        job = make_job(video)
        VideoJob.objects.filter(pk=job.pk).update(
            withheld={str(runner.pk): "2999-01-01T00:00:00+00:00"}
        )
    free = make_job(video, JobType.WEB_VIDEO)
    assert [found.pk for found in offers.offers(runner)] == [free.pk]
    assert accepted(runner, free)
