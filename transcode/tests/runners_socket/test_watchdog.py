"""Runners that fall silent, hang, or vanish; jobs they overlooked (contract, 2.6 and 2.10)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle, upkeep
from core.jobs.execution import execute
from core.jobs.models import Job
from core.realtime.publish import connection
from transcode.models import JobType, Runner, VideoJob
from transcode.runners import events, holding, presence, removal, watchdog
from transcode.states import JobState, state_of
from transcode.tests import factories
from transcode.tests.factories import accepted, make_job, make_runner, make_video

LONG_AGO = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"


@pytest.fixture
def video(user):
    return make_video(user)


@pytest.fixture
def runner():
    return make_runner()[0]


def state(video_job):
    return state_of(Job.objects.select_related("parent").get(pk=video_job.pk))


def silent_for(video_job, silence_s):
    """Let time pass without a word from the holder."""
    job = Job.objects.get(pk=video_job.pk)
    expires = job.lease_expires_at - timedelta(seconds=silence_s)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=expires)
    upkeep.reap()


def heard_without_progress_for(video_job, duration):
    past = timezone.now() - duration
    VideoJob.objects.filter(pk=video_job.pk).update(progressed_at=past)
    Job.objects.filter(pk=video_job.pk).update(started_at=past)


# ---- silence


def test_a_runner_may_be_silent_for_as_long_as_its_class_of_job_allows(video, runner):
    job = make_job(video)
    accepted(runner, job)
    silent_for(job, 119)
    assert state(job) == JobState.PROCESSING


def test_a_heart_that_beats_without_progress_is_taken_for_dead(video, runner):
    job = make_job(video)
    accepted(runner, job)
    heard_without_progress_for(job, timedelta(seconds=1801))
    assert watchdog.watch() == 1
    assert state(job) == JobState.PENDING


@pytest.mark.parametrize("job_type", [JobType.TRANSCRIPTION])
def test_what_has_no_progress_is_not_missed_any(video, runner, job_type):
    job = make_job(video, job_type)
    accepted(runner, job)
    heard_without_progress_for(job, LONG_AGO)
    assert watchdog.watch() == 0
    assert state(job) == JobState.PROCESSING


def test_progress_a_moment_ago_is_enough(video, runner):
    job = make_job(video)
    accepted(runner, job)
    heard_without_progress_for(job, timedelta(seconds=1799))
    assert watchdog.watch() == 0


def test_stalls_count_as_failures_until_the_job_has_failed(video, runner, settings):
    settings.TRANSCODE_MAX_FAILURES = 2
    job = make_job(video)
    for expected in (JobState.PENDING, JobState.ERRORED):
        accepted(runner, job)
        silent_for(job, 121)
        assert state(job) == expected
    job.refresh_from_db()
    assert job.failures == 2


def test_a_local_workers_job_is_none_of_the_watchdogs_business(video):
    job = make_job(video)
    lifecycle.claim(job.pk, holder="worker:elsewhere:1:1", is_outside=True)
    heard_without_progress_for(job, LONG_AGO)
    assert watchdog.watch() == 0


# ---- sockets that closed


def gone_since(runner, ago_s):
    Runner.objects.filter(pk=runner.pk).update(
        disconnected_at=timezone.now() - timedelta(seconds=ago_s)
    )


@pytest.mark.parametrize(("ago_s", "expected"), [(14, "PROCESSING"), (16, "PENDING")])
def test_a_runner_whose_socket_closed_has_a_quarter_of_a_minute(video, runner, ago_s, expected):
    job = make_job(video)
    accepted(runner, job)
    gone_since(runner, ago_s)
    watchdog.watch()
    assert state(job) == JobState[expected]


def test_an_update_says_that_it_lives_without_a_socket(video):
    runner, token = make_runner()
    job = make_job(video)
    job_token = accepted(runner, job)
    gone_since(runner, 60)
    holding.update(
        holding.held(job.pk, runner_token=token, job_token=job_token, ip=None), 0.5, {}, {}
    )
    watchdog.watch()
    assert state(job) == JobState.PROCESSING


def test_what_is_being_finished_is_not_taken_with_its_runner(video, runner):
    job = make_job(video)
    accepted(runner, job)
    lifecycle.hand_over(Job.objects.get(pk=job.pk))
    gone_since(runner, 60)
    assert watchdog.watch() == 0
    assert state(job) == JobState.COMPLETING


# ---- reminders


def overlooked(video):
    job = make_job(video)
    Job.objects.filter(pk=job.pk).update(updated_at=timezone.now() - timedelta(seconds=16))
    return job


def forget_announcements():
    connection().delete("transcode:announced", "transcode:announce-later")


def test_without_a_connected_runner_nobody_is_reminded(video):
    overlooked(video)
    assert not watchdog.remind()


def test_a_connected_runner_is_reminded_of_what_it_overlooked(video, runner):
    presence.seen({"one": runner.pk})
    fresh = make_job(video)
    assert not watchdog.remind()
    lifecycle.cancel(fresh.pk)
    overlooked(video)
    forget_announcements()
    assert watchdog.remind()
    assert connection().exists("transcode:announced")
    presence.gone(runner.pk, "one")


def test_what_waits_for_its_parent_is_not_announced(video, runner):
    presence.seen({"one": runner.pk})
    parent = make_job(video)
    child = make_job(video, parent=parent)
    accepted(runner, parent)
    Job.objects.filter(pk=child.pk).update(updated_at=timezone.now() - LONG_AGO)
    assert not watchdog.remind()
    presence.gone(runner.pk, "one")


def test_a_redis_that_is_away_stops_nobody(video, monkeypatch):
    import redis

    nowhere = redis.Redis(unix_socket_path="/nowhere", socket_connect_timeout=0.1)
    for module in (events, presence):
        monkeypatch.setattr(module, "connection", lambda: nowhere)
    overlooked(video)
    assert not watchdog.remind()
    assert watchdog.watch() == 0
    events.announce()


# ---- removal


def test_a_removed_runners_jobs_are_pending_at_once_and_cost_no_failure(video, runner):
    job = make_job(video)
    accepted(runner, job)
    removal.remove_runner(runner)
    job.refresh_from_db()
    assert (state(job), job.failures, job.runner, job.token_hash) == (1, 0, None, "")


def test_a_removed_registration_token_takes_its_runners_along(video):
    registration = factories.make_registration_token()
    one, _ = make_runner(registration_token=registration)
    make_runner(registration_token=registration)
    other, _ = make_runner()
    job = make_job(video)
    accepted(one, job)
    removal.remove_registration_token(registration)
    assert list(Runner.objects.all()) == [other]
    assert state(job) == JobState.PENDING


def test_what_a_removed_runner_handed_over_is_finished_all_the_same(video, runner):
    job = make_job(video)
    accepted(runner, job)
    lifecycle.hand_over(Job.objects.get(pk=job.pk))
    removal.remove_runner(runner)
    assert state(job) == JobState.COMPLETING


@pytest.mark.case("transcode", 18)
def test_the_watchdog_treats_each_silence_as_the_contract_says(video, runner):
    silent, live, hanging, orphan = (
        make_job(video, job_type)
        for job_type in (JobType.HLS, JobType.LIVE, JobType.HLS, JobType.HLS)
    )
    for job in (silent, live, hanging, orphan):
        accepted(runner, job)

    silent_for(silent, 121)
    assert state(silent) == JobState.PENDING
    silent_for(live, 31)
    ended = Job.objects.get(pk=live.pk)
    assert (state_of(ended), ended.error_message) == (4, "Stalled runner job")
    heard_without_progress_for(hanging, timedelta(seconds=1801))
    watchdog.watch()
    assert state(hanging) == JobState.PENDING

    lifecycle.hand_over(Job.objects.get(pk=orphan.pk))
    lifecycle.take_up(orphan.pk, holder="worker:elsewhere:1:1")
    silent_for(orphan, 31)
    waiting = Job.objects.get(pk=orphan.pk)
    assert (state_of(waiting), waiting.holder, waiting.attempt) == (9, "", 1)
    # Nothing was staged here: after its tries it ends, and is not encoded again.
    while Job.objects.get(pk=orphan.pk).status == "running":
        execute(orphan.pk)
    assert Job.objects.get(pk=orphan.pk).status == "failed"


def test_a_job_of_a_deleted_video_is_not_tried_again(video, runner):
    job = make_job(video)
    lifecycle.cancel(job.pk)
    video.delete()
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(job.pk)
