"""What dead processes left behind goes; what is in use stays."""

import os
import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.models import Video, VideoJob, VideoState
from transcode.runners import operating
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import LADDER, accept, finish, make_video, stage
from transcode.videos import following, storage, tasks, upkeep

pytestmark = pytest.mark.usefixtures("alone", "transactional_db", "videos")
LONG_AGO = time.time() - 7 * 3600


@pytest.fixture(autouse=True)
def _runners_only(settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"


def age(folder):
    """Make everything below a folder seven hours old."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (LONG_AGO, LONG_AGO))


def erase(jobs):
    """Have an operator erase jobs, and thereby all that their video waits for."""
    for job in reversed(jobs):
        operating.delete(job.pk)
    assert not VideoJob.objects.filter(is_counted=True).exists()


def test_everything_of_a_whole_video_survives_a_sweep(user, videos):
    _video, jobs = make_video(user)
    for job, name in zip(jobs, ("360", "0", "180"), strict=True):
        finish(job, name)
    before = files_below(videos)
    age(videos)

    upkeep.sweep()

    assert files_below(videos) == before


def test_old_files_that_no_row_names_go_and_young_ones_stay(user, videos):
    video, _ = make_video(user)
    old = storage.name_in("hls", video.pk, "old.mp4")
    storage.write(old, b"x")
    age(videos)
    young = storage.name_in("hls", video.pk, "young.mp4")
    storage.write(young, b"x")

    upkeep.sweep()

    assert not storage.exists(old)
    assert storage.exists(young)
    assert storage.exists(video.source_name)


def test_folders_of_videos_that_are_gone_go(user, videos):
    gone = uuid.uuid4()
    for room in ("originals", "hls", "images", "studio"):
        storage.write(storage.name_in(room, gone, "a.bin"), b"x")
    age(videos)

    upkeep.sweep()

    assert files_below(videos) == []
    assert not (videos / "originals" / str(gone)).exists()


def test_a_video_that_is_just_coming_in_keeps_its_original_before_its_row_is_there(videos):
    name = storage.name_in("originals", uuid.uuid4(), "source.mp4")
    storage.write(name, b"x")

    upkeep.sweep()

    assert storage.exists(name)


def test_a_forgotten_upload_of_a_runner_goes_and_a_running_one_stays(user, videos):
    _, (top, audio, _) = make_video(user)
    stage(top, "360")
    age(storage.staging_folder(top.pk, "aaaa"))
    stage(audio, "0")

    upkeep.sweep()

    assert not storage.staging_folder(top.pk, "aaaa").exists()
    assert storage.staging_folder(audio.pk, "aaaa").exists()


def test_growing_output_goes_with_the_lease_of_its_attempt(user, videos):
    video, (top, *_) = make_video(user)
    job = accept(top)
    growing = storage.growing_folder(video.pk, job.pk, job.attempt)
    growing.mkdir(parents=True)

    upkeep.sweep()
    assert growing.exists()
    lifecycle.release(job)
    upkeep.sweep()
    assert not growing.exists()


def test_a_video_whose_last_job_ended_unseen_is_settled(user):
    video, jobs = make_video(user)
    for job, name in zip(jobs, ("360", "0", "180"), strict=True):
        finish(job, name)
    # As a worker leaves it that is killed between its commit and what follows from it.
    long_ago = timezone.now() - timedelta(minutes=1)
    Video.objects.filter(pk=video.pk).update(
        state=VideoState.TO_TRANSCODE, progress=98, updated_at=long_ago
    )

    assert upkeep.settle() == 1

    assert Video.objects.get(pk=video.pk).state == VideoState.PUBLISHED


@pytest.mark.parametrize(
    ("has_played", "state"),
    [(False, VideoState.TRANSCODING_FAILED), (True, VideoState.PUBLISHED)],
)
def test_a_video_whose_jobs_were_erased_unseen_is_settled(user, has_played, state):
    video, jobs = make_video(user, planned=LADDER[:2])
    if has_played:
        finish(jobs[0], "360")
        finish(jobs[1], "0")
    # Its master could not be written just then, and it has to wait for that.
    Video.objects.filter(pk=video.pk).update(
        master_revision=50, state=VideoState.TO_TRANSCODE, progress=98
    )
    erase(jobs)
    assert Video.objects.get(pk=video.pk).state == VideoState.TO_TRANSCODE
    Video.objects.update(updated_at=timezone.now() - timedelta(minutes=1))

    assert upkeep.settle() == 1

    assert Video.objects.get(pk=video.pk).state == state
    Video.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    assert upkeep.settle() == 0


def test_a_published_video_whose_jobs_were_erased_stays_published(user):
    video, jobs = make_video(user, planned=LADDER[:2])
    finish(jobs[0], "360")
    finish(jobs[1], "0")
    erase(jobs)
    revision = Video.objects.get(pk=video.pk).revision

    following.follow(video.pk)

    now = Video.objects.get(pk=video.pk)
    assert (now.state, now.revision) == (VideoState.PUBLISHED, revision)


def test_a_video_at_work_is_left_alone(user):
    video, _ = make_video(user)
    Video.objects.update(updated_at=timezone.now() - timedelta(minutes=1))

    assert upkeep.settle() == 0
    following.follow(video.pk)
    assert Video.objects.get(pk=video.pk).state == VideoState.TO_TRANSCODE


@pytest.mark.parametrize(
    ("age_s", "is_asked"),
    [
        (0, False),
        (60, False),
        (125, True),
        (175, True),
        (300, False),
        (15 * 60 + 30, True),
        (3600, False),
        (2 * 3600 + 30, True),
        (24 * 3600 + 30, True),
        (48 * 3600, False),
    ],
)
def test_pictures_that_were_never_made_are_asked_for_now_and_then(user, videos, age_s, is_asked):
    make_video(user)
    Video.objects.update(created_at=timezone.now() - timedelta(seconds=age_s))

    assert upkeep.ask_for_pictures() == is_asked


@pytest.mark.parametrize(
    "columns", [{"thumbnail_name": "x.jpg"}, {"source_name": ""}, {"has_video": False}]
)
def test_pictures_are_not_asked_for_where_there_are_some_or_nothing_to_see(user, videos, columns):
    make_video(user)
    Video.objects.update(created_at=timezone.now() - timedelta(seconds=150), **columns)

    assert upkeep.ask_for_pictures() == 0


def test_a_picture_that_was_never_made_is_made(user, videos):
    video, _ = make_video(user)

    tasks.make_pictures(str(video.pk))

    now = Video.objects.get(pk=video.pk)
    assert storage.exists(now.thumbnail_name)
    assert storage.exists(now.preview_name)
    tasks.make_pictures(str(video.pk))
    assert Video.objects.get(pk=video.pk).revision == now.revision
    assert Job.objects.count() == 3
