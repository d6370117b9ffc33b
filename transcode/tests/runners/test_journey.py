"""A stand-in runner does real jobs with a real ffmpeg, from the upload to the published video."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.jobs.models import Status
from tests.support.clips import clip
from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.models import JobType, Video, VideoFile, VideoJob, VideoState
from transcode.tests.factories import fresh, make_runner
from transcode.videos import services, storage


@pytest.fixture
def uploaded(platform, user, tmp_path):
    """Return a video of two seconds whose jobs wait for runners."""
    path = tmp_path / "clip.mp4"
    shutil.copyfile(clip("landscape"), path)
    video = services.create_video(
        owner=user, path=path, filename="clip.mp4", name="A clip", base_url=platform.url
    )
    yield video
    storage.remove_video(video.pk)


@pytest.fixture
def stand_in(platform, db):
    runner = StandInRunner(platform.url)
    runner.token = make_runner("stand-in")[1]
    yield runner
    runner.close()


def state_of(video):
    return Video.objects.get(pk=video.pk).state


def staged_of(job):
    return list(storage.root().glob(f"staging/{job.pk}.*"))


def test_a_runner_makes_every_rendition_of_a_video(stand_in, uploaded, tmp_path):
    def is_over():
        wait_until(lambda: not VideoJob.objects.filter(job__is_finishing=True).exists())
        return state_of(uploaded) != VideoState.TO_TRANSCODE

    with stand_in.listen() as ears:
        done = stand_in.work(ears, tmp_path, is_over)
    assert state_of(uploaded) == VideoState.PUBLISHED, Video.objects.get(pk=uploaded.pk).error
    jobs = VideoJob.objects.filter(video=uploaded)
    assert {job["uuid"] for job in done} == {str(job.pk) for job in jobs}
    assert all(fresh(job).runner.name == "stand-in" for job in jobs)
    files = VideoFile.objects.filter(video=uploaded)
    assert {file.resolution for file in files} == {job.resolution for job in jobs}
    wait_until(lambda: not any(staged_of(job) for job in jobs))


@pytest.mark.case("transcode", 14)
def test_of_two_identical_successes_at_once_one_counts_and_one_file_is_there(
    stand_in, uploaded, tmp_path
):
    job = stand_in.accept(VideoJob.objects.get(job__parent=None).pk).json()["job"]
    assert job["type"] == JobType.HLS
    made = stand_in._make(job, tmp_path / "made")
    second = StandInRunner(stand_in.url)
    second.token = stand_in.token
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(who.success, job, made.files) for who in (stand_in, second)]
        statuses = sorted(call.result().status_code for call in calls)
    assert statuses[0] == 204
    assert statuses[1] in (400, 409)
    wait_until(lambda: VideoJob.objects.get(pk=job["uuid"]).job.status == Status.SUCCEEDED)
    assert VideoFile.objects.filter(video=uploaded).count() == 1
    folder = storage.root() / "hls" / str(uploaded.pk)
    assert len(list(folder.glob("*-fragmented.mp4"))) == 1
