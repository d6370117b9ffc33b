"""A video's progress and state follow its jobs."""

import uuid

import pytest

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.tests.videos.making import accept, finish, give_up, make_video
from transcode.videos import following, services
from transcode.videos.following import Share
from transcode.videos.layout import PlannedJob

pytestmark = pytest.mark.usefixtures("alone", "transactional_db", "videos")

ENDED = []


def ended(video):
    """Stand for an installation's own callback."""
    ENDED.append((video.pk, video.state))


@pytest.fixture(autouse=True)
def _callback(settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    settings.TRANSCODE_ENDED_CALLBACK = f"{__name__}.ended"
    ENDED.clear()


def seen(video):
    return Video.objects.get(pk=video.pk)


def report(job, fraction):
    lifecycle.report(job, "encode", 0, fraction)


def share(status, *, best=0.0, is_optional=False, weight=1.0):
    return Share(status, "It broke.", weight, best, is_optional, JobType.HLS, 240)


def test_a_needed_job_that_failed_fails_the_video_whatever_the_others_do():
    shares = [share("failed"), share("running"), share("succeeded")]

    state, error, warnings = following.outcome_of(shares, is_playable=True)

    assert (state, error, warnings) == (VideoState.TRANSCODING_FAILED, "It broke.", [])


def test_an_optional_job_that_failed_is_a_warning_where_something_plays():
    shares = [share("succeeded"), share("failed", is_optional=True)]

    state, error, warnings = following.outcome_of(shares, is_playable=True)

    assert (state, error) == (VideoState.PUBLISHED, "")
    assert warnings == ["The rendition of 240p is missing: It broke."]


def test_an_optional_job_that_failed_fails_a_video_that_does_not_play():
    shares = [share("succeeded"), share("failed", is_optional=True)]

    assert following.outcome_of(shares, is_playable=False)[0] == VideoState.TRANSCODING_FAILED


def test_a_video_of_which_nothing_plays_is_not_published():
    state, error, _ = following.outcome_of([share("succeeded")], is_playable=False)

    assert state == VideoState.TRANSCODING_FAILED
    assert error == "Its jobs have left nothing that plays."


def test_a_copy_that_failed_is_no_loss_once_the_ladder_is_there():
    copy = Share("failed", "It broke.", 1.0, 0.0, True, JobType.REMUX, 360)

    outcome = following.outcome_of([copy, share("succeeded")], is_playable=True)

    assert outcome == (VideoState.PUBLISHED, "", [])


def test_a_video_waits_for_every_job():
    shares = [share("succeeded"), share("queued", is_optional=True)]

    assert following.outcome_of(shares, is_playable=True)[0] == VideoState.TO_TRANSCODE


def test_progress_is_weighed_and_never_whole_before_the_end():
    assert following.progress_of([share("running", best=0.5, weight=3), share("queued")]) == 37.5
    assert following.progress_of([share("succeeded", best=1.0)]) == 99.0


def test_a_video_follows_the_reports_of_its_jobs(user):
    video, (top, _audio, _low) = make_video(user)
    job = accept(top)

    report(job, 0.5)

    weights = dict(VideoJob.objects.values_list("job", "weight"))
    expected = 100 * 0.98 * 0.5 * weights[top.pk] / sum(weights.values())
    assert seen(video).progress == pytest.approx(expected)
    assert seen(video).state == VideoState.TO_TRANSCODE


def test_progress_never_falls_over_attempts(user):
    video, (top, *_) = make_video(user)
    report(accept(top), 0.9)
    high = seen(video).progress

    lifecycle.release(Job.objects.get(pk=top.pk))
    report(accept(top), 0.1)

    assert seen(video).progress == high
    assert VideoJob.objects.get(job=top.pk).best_progress == pytest.approx(0.98 * 0.9)


def test_a_new_attempts_progress_counts_as_such_for_the_watchdog(user):
    _, (top, *_) = make_video(user)
    report(accept(top), 0.9)
    lifecycle.release(Job.objects.get(pk=top.pk))
    before = VideoJob.objects.get(job=top.pk).progressed_at

    report(accept(top), 0.1)

    assert VideoJob.objects.get(job=top.pk).progressed_at > before


def test_a_report_without_progress_changes_nothing_that_the_watchdog_sees(user):
    _, (top, *_) = make_video(user)
    job = accept(top)
    report(job, 0.4)
    before = VideoJob.objects.get(job=top.pk).progressed_at

    report(job, 0.4)

    assert VideoJob.objects.get(job=top.pk).progressed_at == before


def test_a_report_of_less_than_a_per_cent_writes_no_video(user):
    video, (top, *_) = make_video(user)
    job = accept(top)
    report(job, 0.5)
    revision = seen(video).revision

    report(job, 0.501)

    assert seen(video).revision == revision


def test_a_video_is_published_when_its_last_job_is_done(user):
    video, jobs = make_video(user)

    for job, name in zip(jobs, ("360", "0", "180"), strict=True):
        assert seen(video).state == VideoState.TO_TRANSCODE
        assert seen(video).progress < 100
        finish(job, name)

    now = seen(video)
    assert (now.state, now.progress, now.is_playable) == (VideoState.PUBLISHED, 100.0, True)
    assert now.published_at is not None
    assert [(video.pk, VideoState.PUBLISHED)] == ENDED


def test_a_video_plays_from_its_first_pair_of_picture_and_sound(user):
    video, (top, audio, _) = make_video(user)

    finish(top, "360")
    assert not seen(video).is_playable
    finish(audio, "0")

    now = seen(video)
    assert (now.is_playable, now.state) == (True, VideoState.TO_TRANSCODE)
    assert now.master_name


def test_a_failed_parent_fails_its_children_and_the_video_once(user):
    video, (top, *_) = make_video(user)

    give_up(top, "The encoder broke.")

    now = seen(video)
    assert (now.state, now.error) == (VideoState.TRANSCODING_FAILED, "The encoder broke.")
    assert set(Job.objects.values_list("status", flat=True)) == {"failed"}
    assert [(video.pk, VideoState.TRANSCODING_FAILED)] == ENDED


def test_the_fifth_error_ends_it_and_four_errors_do_not(user):
    video, (top, *_) = make_video(user)
    for _ in range(5):
        assert seen(video).state == VideoState.TO_TRANSCODE
        lifecycle.postpone(accept(top), "broken", "The encoder broke.")

    assert set(Job.objects.values_list("status", flat=True)) == {"failed"}
    codes = Job.objects.exclude(pk=top.pk).values_list("error_code", flat=True)
    assert set(codes) == {"parent_failed"}
    assert [(video.pk, VideoState.TRANSCODING_FAILED)] == ENDED

    other, (only,) = make_video(
        user, planned=[PlannedJob(JobType.HLS, 180, 30, weight=1.0, is_separated=False)]
    )
    for _ in range(4):
        lifecycle.postpone(accept(only), "broken", "The encoder broke.")
    finish(only, "180muxed")

    assert seen(other).state == VideoState.PUBLISHED


def test_an_optional_rendition_that_fails_leaves_a_published_video_with_a_warning(user):
    video, (top, audio, low) = make_video(user)
    finish(top, "360")
    finish(audio, "0")

    give_up(low)

    now = seen(video)
    assert (now.state, now.progress, now.error) == (VideoState.PUBLISHED, 100.0, "")
    assert now.warnings == ["The rendition of 180p is missing: The encoder broke."]


def test_a_retry_takes_the_warning_back_and_publishes_without_it(user):
    video, (top, audio, low) = make_video(user)
    finish(top, "360")
    finish(audio, "0")
    give_up(low)

    services.retry(video)
    assert seen(video).state == VideoState.TO_TRANSCODE
    finish(low, "180")

    now = seen(video)
    assert (now.state, now.warnings) == (VideoState.PUBLISHED, [])


def test_a_callback_that_raises_harms_nobody(user, settings):
    settings.TRANSCODE_ENDED_CALLBACK = "transcode.nothing.at_all"
    video, (top, *_) = make_video(user)

    give_up(top)

    assert seen(video).state == VideoState.TRANSCODING_FAILED


def test_a_job_of_a_video_that_is_gone_changes_nothing(user):
    video, (top, *_) = make_video(user)
    job = accept(top)
    Video.objects.filter(pk=video.pk).delete()

    report(job, 0.5)

    following.follow(uuid.uuid4())
    assert not Video.objects.exists()


def test_a_job_of_a_video_that_is_gone_has_no_other_attempt(user):
    video, (top, *_) = make_video(user)
    job = accept(top)
    Video.objects.filter(pk=video.pk).delete()

    assert lifecycle.postpone(job, "broken", "Its files are gone.").status == "failed"


def test_a_job_that_does_not_count_moves_neither_progress_nor_state(user):
    video, jobs = make_video(user)
    VideoJob.objects.filter(job=jobs[2].pk).update(is_counted=False)
    finish(jobs[0], "360")

    finish(jobs[1], "0")

    assert seen(video).state == VideoState.PUBLISHED
