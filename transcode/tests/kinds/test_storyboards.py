"""Storyboards, of our own workers and of runners (transcode contract, 4.6 and 2.4)."""

import io

import pytest
from PIL import Image

from core.jobs.execution import execute
from core.jobs.models import Job
from transcode.kind import kind_for
from transcode.models import JobType, Video, VideoJob
from transcode.tests.factories import make_runner
from transcode.tests.videos.making import hand_over, make_video
from transcode.videos import storage, storyboards


@pytest.fixture
def job(user, videos):
    """Return the storyboard job of a video that is six seconds long."""
    video, _ = make_video(user, planned=[])
    return storyboards.plan(video)


def jpeg(size, format_="JPEG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, format_)
    return buffer.getvalue()


def brought(job, data):
    folder = storage.staging_folder(job.pk, "cccc")
    storage.make_folder(folder)
    (folder / "storyboardFile").write_bytes(data)
    hand_over(job, {"storyboardFile": str(folder / "storyboardFile")})
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def grid_of(job):
    return storyboards.grid_for(VideoJob.objects.get(job=job.pk).video)


@pytest.mark.parametrize("wrong", ["wider", "png", "text", "empty", "cut"])
def test_what_is_no_jpeg_of_the_grids_size_is_refused_and_nothing_is_kept(job, wrong, videos):
    grid = grid_of(job)
    good = jpeg((grid.width, grid.height))
    data = {
        "wider": jpeg((grid.width + 2, grid.height)),
        "png": jpeg((grid.width, grid.height), "PNG"),
        "text": b"<svg onload=alert(1)>",
        "empty": b"",
        "cut": good[: len(good) // 2],
    }[wrong]

    done = brought(job, data)

    assert (done.status, done.error_code) == ("failed", "bad_storyboard")
    assert Video.objects.get().storyboard is None
    assert not list(videos.glob("images/**/*storyboard*"))
    assert not list(videos.glob("staging/*/*"))


def test_a_pixel_more_is_as_good(job):
    grid = grid_of(job)
    assert brought(job, jpeg((grid.width + 1, grid.height - 1))).status == "succeeded"


def test_our_own_worker_makes_one_of_the_asked_size(job, settings, videos):
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    Job.objects.filter(pk=job.pk).update(queue="ffmpeg")
    execute(job.pk)
    assert Job.objects.get(pk=job.pk).status == "succeeded"
    shown, grid = Video.objects.get().storyboard, grid_of(job)
    with Image.open(videos / shown.pop("name")) as picture:
        assert picture.size == (grid.width, grid.height)
    assert shown == {
        "totalWidth": grid.width,
        "totalHeight": grid.height,
        "spriteWidth": 192,
        "spriteHeight": 108,
        "spriteDuration": 1,
    }


def test_a_new_one_takes_the_place_of_the_old(job, user):
    grid = grid_of(job)
    brought(job, jpeg((grid.width, grid.height)))
    video = Video.objects.get()
    first = video.storyboard["name"]
    Video.objects.update(storyboard={**video.storyboard})
    video.storyboard = None
    again = storyboards.plan(video)
    brought(again, jpeg((grid.width, grid.height)))
    video.refresh_from_db()
    assert video.storyboard["name"] != first
    assert list(video.discarded.values_list("name", flat=True)) == [first]


def test_a_video_has_one_such_job_at_a_time_and_none_when_it_has_a_storyboard(job, user):
    video = Video.objects.get()
    assert storyboards.plan(video) == job
    grid = grid_of(job)
    brought(job, jpeg((grid.width, grid.height)))
    assert storyboards.plan(Video.objects.get()) is None


def test_a_short_video_and_a_sound_get_none(user, videos):
    short, _ = make_video(user, "landscape", planned=[])
    sound, _ = make_video(user, "mp3", planned=[])
    short.duration_s = 2.9
    assert storyboards.plan(short) is None
    assert storyboards.plan(sound) is None


def test_the_job_says_what_is_wanted_and_waits_behind_all_others(job):
    row, grid = VideoJob.objects.get(job=job.pk), grid_of(job)
    assert row.payload["sprites"] == {
        "size": {"width": 192, "height": 108},
        "count": {"width": grid.columns, "height": grid.rows},
        "duration": 1,
    }
    assert row.payload["input"]["videoFileUrl"].endswith(f"/videos/{row.video_id}/max-quality")
    assert row.payload["output"] == {}
    assert (row.priority, row.is_counted) == (250, False)


@pytest.mark.parametrize(
    ("version", "types", "is_offered"),
    [
        ("", [], False),
        ("0.2.9", [], False),
        ("nonsense", [], False),
        ("0.3.0", ["vod-hls-transcoding"], False),
        ("0.3.0", [], True),
        ("0.10.1-rc2", [], True),
        ("", ["generate-video-storyboard"], True),
    ],
)
def test_only_a_runner_that_knows_the_type_is_offered_it(version, types, is_offered):
    runner, _ = make_runner(version=version, job_types=types)
    assert kind_for(JobType.STORYBOARD).may_be_offered(runner) is is_offered
