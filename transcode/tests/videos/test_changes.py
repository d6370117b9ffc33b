"""New ladders, further tries, an end before the end, and the very end."""

import uuid

import pytest

from core.errors import FieldErrors
from core.jobs.lifecycle import LeaseLost, report
from core.jobs.models import Job
from transcode.models import Video, VideoFile, VideoJob, VideoState
from transcode.tests.factories import ends
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import accept, finish, give_up, make_video, stage
from transcode.videos import services, storage
from transcode.videos.errors import NotFound, WrongState
from transcode.videos.types import shown_progress

pytestmark = pytest.mark.usefixtures("alone", "transactional_db", "videos")


@pytest.fixture(autouse=True)
def _runners_only(settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"


@pytest.fixture
def published(user):
    """Return a published video."""
    video, jobs = make_video(user)
    for job, name in zip(jobs, ("360", "0", "180"), strict=True):
        finish(job, name)
    return seen(video)


def seen(video):
    return Video.objects.get(pk=video.pk)


def test_a_new_ladder_waits_for_the_jobs_of_the_old_one(user):
    video, _ = make_video(user)

    with pytest.raises(WrongState):
        services.retranscode(video=video)


@pytest.mark.parametrize("sizes", [[], [0], [241], [240, -1]])
def test_sizes_that_there_are_not_are_refused_by_field(published, sizes):
    with pytest.raises(FieldErrors) as refusal:
        services.retranscode(video=published, resolutions=sizes)

    assert list(refusal.value.fields) == ["resolutions"]
    assert seen(published).round == 1


def test_a_type_that_there_is_not_is_refused_by_field(published):
    with pytest.raises(FieldErrors):
        services.retranscode(video=published, type="dash")


def test_a_new_ladder_is_a_new_round_and_the_old_files_serve_meanwhile(published):
    services.retranscode(video=published, resolutions=[240])

    now = seen(published)
    assert (now.round, now.progress, now.state) == (2, 0.0, VideoState.TO_TRANSCODE)
    assert now.is_playable
    made = VideoJob.objects.filter(video=now, round=2).order_by("job__created_at")
    assert [(job.type, job.resolution) for job in made] == [
        ("vod-hls-transcoding", 240),
        ("vod-hls-transcoding", 0),
    ]


def test_web_videos_may_be_asked_for(published):
    services.retranscode(video=published, type="web-video", resolutions=[240])

    made = VideoJob.objects.filter(video=published, round=2)
    assert [job.type for job in made] == ["vod-web-video-transcoding"]


def test_a_video_without_a_file_gets_no_new_ladder(published):
    VideoFile.objects.all().delete()
    Video.objects.update(source_name="")

    with pytest.raises(WrongState):
        services.retranscode(video=published)


def test_a_runner_is_told_of_the_separate_sound_where_the_original_is_gone(published):
    Video.objects.update(source_name="")

    services.retranscode(video=published, resolutions=[240], base_url="http://here")

    job = VideoJob.objects.filter(round=2, resolution=240).get()
    (audio,) = job.payload["input"]["separatedAudioFileUrl"]
    assert audio == job.payload["input"]["videoFileUrl"] + "/audio"


def test_nothing_is_tried_again_where_nothing_failed(published):
    with pytest.raises(WrongState):
        services.retry(published)


def test_a_retry_brings_a_failed_video_back_with_all_its_failures_forgiven(user):
    video, (top, *_) = make_video(user)
    give_up(top)

    services.retry(video)

    now = seen(video)
    assert (now.state, now.error) == (VideoState.TO_TRANSCODE, "")
    assert set(Job.objects.values_list("status", flat=True)) == {"queued"}
    assert set(VideoJob.objects.values_list("failures", flat=True)) == {0}


def test_what_is_tried_again_after_the_video_was_published_is_not_shown_as_done(published):
    VideoJob.objects.filter(video=published, resolution=180).update(is_optional=True)
    lost = VideoJob.objects.get(video=published, resolution=180)
    ends(lost, "cancelled")
    assert shown_progress(published) == 100

    services.retry(published)

    assert (seen(published).state, shown_progress(seen(published))) == (VideoState.TO_TRANSCODE, 99)
    finish(lost.job, "180")
    assert (seen(published).state, shown_progress(seen(published))) == (VideoState.PUBLISHED, 100)


def test_nothing_is_cancelled_where_nothing_is_under_way(published):
    with pytest.raises(WrongState):
        services.cancel(published)


def test_a_cancel_ends_every_job_whoever_holds_it(user):
    video, (top, *_) = make_video(user)
    job = accept(top)

    services.cancel(video)

    assert set(Job.objects.values_list("status", flat=True)) == {"cancelled"}
    with pytest.raises(LeaseLost):
        report(job, "encode", 0, 0.5)
    now = seen(video)
    assert now.state == VideoState.TRANSCODING_FAILED
    assert now.error == "The transcoding was cancelled."


def test_what_is_gone_cannot_be_changed(user):
    gone = Video(pk=uuid.uuid4(), owner=user, name="gone")

    for wish in (services.retry, services.cancel, services.remove):
        with pytest.raises(NotFound):
            wish(gone)


def test_a_removed_video_leaves_no_row_and_no_file(user, videos):
    video, (top, audio, low) = make_video(user)
    finish(top, "360")
    held = accept(audio)
    stage(audio, "0")
    growing = storage.growing_folder(video.pk, low.pk, 1)
    growing.mkdir(parents=True)
    (growing / "a.mp4").write_bytes(b"x")

    services.remove(video)

    assert not Video.objects.exists()
    assert not VideoJob.objects.exists()
    assert not VideoFile.objects.exists()
    assert files_below(videos) == []
    with pytest.raises(LeaseLost):
        report(held, "encode", 0, 0.5)
    assert set(Job.objects.exclude(pk=top.pk).values_list("status", flat=True)) == {"cancelled"}


def test_a_removal_touches_no_other_video(user, videos):
    video, _ = make_video(user)
    other, _ = make_video(user)
    mine = files_below(videos / "originals" / str(other.pk))

    services.remove(video)

    assert files_below(videos / "originals" / str(other.pk)) == mine != []
    assert VideoJob.objects.filter(video=other).count() == 3


def test_a_result_for_a_removed_video_is_not_kept(user, videos):
    from core.jobs.execution import execute
    from transcode.tests.videos.making import hand_over

    video, (top, *_) = make_video(user)
    hand_over(top, stage(top, "360"))
    services.remove(video)

    execute(top.pk)

    assert files_below(videos) == []


def test_an_account_that_goes_takes_its_videos_and_their_files_along(user, other_user, videos):
    from core.accounts.services import delete_account

    make_video(user)
    theirs, _ = make_video(other_user)

    delete_account(user)

    assert list(Video.objects.all()) == [theirs]
    assert files_below(videos) == [theirs.source_name]
