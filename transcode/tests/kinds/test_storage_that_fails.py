"""A storage that says no for a while costs a try, and no encode (contract, 2.7 and 2.6)."""

import pytest

from core.jobs.execution import execute
from core.jobs.models import Job, Status
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.tests.videos.making import hand_over, make_video, stage
from transcode.videos import storage


@pytest.fixture
def in_the_way():
    """Return a function that puts a file where a video's folder has to be; unlink it."""

    def put(video):
        path = storage.root() / "hls" / str(video.pk)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("not a folder")
        return path

    return put


def test_a_runners_result_is_placed_at_the_next_try(user, in_the_way) -> None:
    video, (top, *_) = make_video(user)
    hand_over(top, stage(top, "360"))
    path = in_the_way(video)

    execute(top.pk)
    waiting = Job.objects.get(pk=top.pk)
    path.unlink()
    execute(top.pk)

    assert (waiting.status, waiting.is_finishing, waiting.holder) == (Status.RUNNING, True, "")
    assert Job.objects.get(pk=top.pk).status == Status.SUCCEEDED
    assert VideoJob.objects.get(pk=top.pk).failures == 0


def test_after_three_tries_the_result_is_given_up(user, in_the_way) -> None:
    video, (top, *_) = make_video(user)
    hand_over(top, stage(top, "360"))
    in_the_way(video)

    for _ in range(3):
        assert Job.objects.get(pk=top.pk).status == Status.RUNNING
        execute(top.pk)

    job = Job.objects.get(pk=top.pk)
    assert (job.status, job.error_code) == (Status.FAILED, "crashed")
    assert Video.objects.get(pk=video.pk).state == VideoState.TRANSCODING_FAILED


def test_a_worker_of_ours_has_another_attempt(create, settings, in_the_way) -> None:
    settings.TRANSCODE_LOCAL_WORKERS, settings.TRANSCODE_RESOLUTIONS = "always", [240]
    video = create("ten_bit")
    top = Job.objects.filter(video_job__video=video, video_job__type=JobType.HLS).earliest(
        "created_at"
    )
    path = in_the_way(video)

    execute(top.pk)
    waiting = Job.objects.get(pk=top.pk)
    path.unlink()
    execute(top.pk)

    assert (waiting.status, VideoJob.objects.get(pk=top.pk).failures) == (Status.QUEUED, 1)
    assert Job.objects.get(pk=top.pk).status == Status.SUCCEEDED
