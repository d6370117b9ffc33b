"""`LOCAL_WORKERS=fallback` on a whole platform: runners first, our workers after a while."""

import shutil
from datetime import timedelta

import pytest

from core.jobs.models import Job, Status
from tests.support.clips import clip
from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.tests.factories import make_runner
from transcode.tests.local.conftest import waiting
from transcode.videos import services

pytestmark = pytest.mark.django_db(transaction=True)
AFTER = timedelta(seconds=4)


@pytest.fixture
def make(platform, user, tmp_path):
    """Return the function that takes in a video that has to be encoded, and cannot be copied."""

    def take_in():
        path = shutil.copyfile(clip("ten_bit"), tmp_path / "ten_bit.mp4")
        return services.create_video(owner=user, path=path, filename=path.name, name="A clip")

    return take_in


@pytest.fixture
def runner(platform):
    """Return a runner on the platform, and its row."""
    row, token = make_runner()
    runner = StandInRunner(platform.url)
    runner.token = token
    yield runner, row
    runner.close()


@pytest.fixture(autouse=True)
def _fallback(settings):
    settings.TRANSCODE_LOCAL_WORKERS = "fallback"
    settings.TRANSCODE_LOCAL_FALLBACK_AFTER = AFTER.total_seconds()
    settings.TRANSCODE_RESOLUTIONS = [240]


def parent_of(video):
    return waiting(video, JobType.HLS)[0]


def published(video):
    def is_over():
        row = Video.objects.get(pk=video.pk)
        return row if row.state != VideoState.TO_TRANSCODE else None

    row = wait_until(is_over)
    assert (row.state, row.error) == (VideoState.PUBLISHED, "")
    return row


def test_a_worker_takes_what_a_runner_that_is_there_leaves_and_not_before_its_time(make, runner):
    here, _ = runner
    with here.listen():
        parent = parent_of(make())
        published(parent.video_job.video)
    begun = parent.attempts.get(number=1)
    assert begun.started_at >= parent.not_before >= parent.created_at + AFTER
    assert VideoJob.objects.get(job=parent.pk).runner is None


def test_a_runner_that_accepts_meanwhile_has_the_job(make, runner, tmp_path):
    here, row = runner
    taken = make()
    job = here.accept(parent_of(taken).pk).json()["job"]
    published(make())  # Its message came to the workers after the other's.
    held = Job.objects.get(pk=job["uuid"])
    assert (held.status, held.holder, held.attempt) == (Status.RUNNING, row.holder, 1)

    assert here.run(job, tmp_path / "made").status_code == 204
    wait_until(lambda: Job.objects.get(pk=held.pk).status == Status.SUCCEEDED)
    while child := here.take():
        assert here.run(child, tmp_path / child["uuid"]).status_code == 204
    published(taken)
    assert {each.runner for each in VideoJob.objects.filter(video=taken)} == {row}
