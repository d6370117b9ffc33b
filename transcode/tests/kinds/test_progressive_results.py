"""What a runner brings of a progressive MP4: a web video, or a still under a sound (4.2)."""

from pathlib import Path

import pytest

from core.jobs.execution import execute
from core.jobs.models import Job
from core.media.ffmpeg import Input, ffmpeg
from core.media.probe import probe
from tests.support.clips import clip
from transcode.engines import commands
from transcode.engines.graphs import Source
from transcode.engines.ladder_command import Rung, ladder
from transcode.models import JobType, Video, VideoFile, VideoState
from transcode.tests.engines.making import make, source_of
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import hand_over, make_video
from transcode.videos import pictures, storage
from transcode.videos.layout import PlannedJob

WEB = [PlannedJob(JobType.WEB_VIDEO, 180, 30, weight=1.0)]
MERGE = [
    PlannedJob(JobType.AUDIO_MERGE, 480, 25, weight=1.0),
    PlannedJob(JobType.HLS, 480, 25, parent=0, weight=1.0, is_separated=True),
]


def staged(job):
    folder = storage.staging_folder(job.pk, "bbbb")
    storage.make_folder(folder)
    return folder / "videoFile"


def ended(job, path):
    hand_over(job, {"videoFile": str(path)})
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def web_video(path, name="landscape", resolution=180):
    made = path.with_suffix(".mp4")
    make(commands.web_video(source_of(name), Rung("a", resolution, 30), made))
    made.rename(path)
    return path


def merged(path, video, extra_s=0.0):
    info = probe(clip("mp3"))
    made = path.with_suffix(".mp4")
    with storage.local_path(video.preview_name) as preview:
        still = [Input(preview, ("-loop", "1"), format="jpeg_pipe"), Input(clip("mp3"))]
        words = ["-vf", "scale=-2:480,fps=25,format=yuv420p", "-c:v", "libx264", "-preset"]
        words += ["ultrafast", "-c:a", "aac", "-t", str(info.duration_s + extra_s)]
        ffmpeg(
            still,
            [*words, "-movflags", "+faststart", made],
            demuxers=frozenset(("jpeg_pipe", "mp3")),
        )
    made.rename(path)
    return path


@pytest.fixture
def sound(user):
    """Return a sound with its picture, and its jobs."""
    video, jobs = make_video(user, "mp3", MERGE)
    Video.objects.filter(pk=video.pk).update(**pictures.columns_of(video))
    video.refresh_from_db()
    return video, jobs


def test_a_web_video_whose_index_comes_last_is_refused(user, videos):
    _video, (job,) = make_video(user, "slow_start", [PlannedJob(JobType.WEB_VIDEO, 360, 30)])
    path = staged(job)
    path.write_bytes(clip("slow_start").read_bytes())

    done = ended(job, path)

    assert (done.status, done.error_code) == ("failed", "not_fast_start")
    assert not VideoFile.objects.exists()
    assert not (videos / "web-videos").exists()


def test_a_web_video_of_another_size_is_refused(user):
    _, (job,) = make_video(user, "landscape", WEB)

    done = ended(job, web_video(staged(job), resolution=240))

    assert (done.status, done.error_code) == ("failed", "wrong_size")


def test_a_web_video_without_the_sound_of_its_source_is_refused(user):
    _, (job,) = make_video(user, "landscape", WEB)

    done = ended(job, web_video(staged(job), "silent"))

    assert (done.status, done.error_code) == ("failed", "wrong_streams")


def test_a_web_video_gets_a_name_of_ours_and_plays(user, videos):
    video, (job,) = make_video(user, "landscape", WEB)

    done = ended(job, web_video(staged(job)))

    assert done.status == "succeeded", done.error_message
    row = VideoFile.objects.get()
    assert row.kind == "web"
    assert files_below(videos / "web-videos") == [row.name.removeprefix("web-videos/")]
    assert (row.width, row.height, row.has_audio) == (320, 180, True)
    assert probe(videos / row.name).audio is not None
    video.refresh_from_db()
    assert (video.state, video.is_playable) == (VideoState.PUBLISHED, True)


def test_a_web_video_that_was_placed_before_a_death_is_taken_up(user, videos):
    from transcode.videos import placing

    _, (job,) = make_video(user, "landscape", WEB)
    path = web_video(staged(job))
    hand_over(job, {"videoFile": str(path)})
    held = Job.objects.get(pk=job.pk)
    storage.place(Path(path), placing.web_video_name(held, held.video_job))

    execute(job.pk)

    assert Job.objects.get(pk=job.pk).status == "succeeded"
    assert VideoFile.objects.count() == 1


def test_a_still_that_outlasts_its_sound_by_seconds_is_taken(sound):
    video, (merge, _) = sound

    done = ended(merge, merged(staged(merge), video, extra_s=3.0))

    assert done.status == "succeeded", done.error_message
    row = VideoFile.objects.get()
    assert (row.resolution, row.fps, row.has_video, row.has_audio) == (480, 25, True, True)


def test_a_still_that_outlasts_its_sound_by_far_is_refused(sound):
    video, (merge, _) = sound

    done = ended(merge, merged(staged(merge), video, extra_s=8.0))

    assert (done.status, done.error_code) == ("failed", "wrong_duration")


def test_the_merged_video_is_what_the_ladder_is_made_of(sound):
    from transcode.videos import selectors

    video, (merge, _) = sound
    assert selectors.max_quality(video).name == video.source_name

    ended(merge, merged(staged(merge), video))

    best = selectors.max_quality(video)
    assert best.name == VideoFile.objects.get().name
    assert best.has_video


def test_the_merged_video_goes_when_its_renditions_are_there(user, videos, tmp_path):
    planned = [
        *MERGE,
        PlannedJob(JobType.HLS, 0, 0, parent=1, weight=1.0, is_separated=True),
    ]
    video, (merge, picture, sound) = make_video(user, "mp3", planned)
    Video.objects.filter(pk=video.pk).update(**pictures.columns_of(video))
    video.refresh_from_db()
    ended(merge, merged(staged(merge), video))
    web = VideoFile.objects.get()
    source = Source(videos / web.name, probe(videos / web.name))
    make(ladder(source, [Rung("v", 480, 25)], tmp_path, audio_name="s", is_growing=False))

    for job, stem in ((picture, "v"), (sound, "s")):
        media, playlist = tmp_path / f"{stem}-fragmented.mp4", tmp_path / f"{stem}.m3u8"
        hand_over(job, {"videoFile": str(media), "resolutionPlaylistFile": str(playlist)})
        execute(job.pk)

    video.refresh_from_db()
    assert video.state == VideoState.PUBLISHED
    assert {file.kind for file in video.files.all()} == {"hls"}
    assert list(video.discarded.filter(name=web.name)) != []
