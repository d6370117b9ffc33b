"""The copy of the source, published before any encode."""

import shutil

import pytest

from core.jobs.execution import execute
from core.jobs.models import Job, Status
from core.media.ffmpeg import Input, ffmpeg
from tests.support.clips import clip
from transcode.engines.errors import BadPlaylist
from transcode.local import remux
from transcode.models import JobType, Video, VideoState
from transcode.tests.engines.hls import decode
from transcode.tests.local.conftest import run_all, states, waiting
from transcode.videos import placing, services, storage

DONE = (Status.SUCCEEDED, "")


@pytest.fixture(scope="module")
def thrifty_clip(tmp_path_factory):
    """A source that spends no more than the top rendition may."""
    path = tmp_path_factory.mktemp("thrifty") / "thrifty.mp4"
    words = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "40", "-g", "30", "-c:a", "copy"]
    ffmpeg([Input(clip("landscape"))], [*words, path])
    return path


@pytest.fixture
def thrifty(thrifty_clip, videos, user, tmp_path):
    copy = shutil.copyfile(thrifty_clip, tmp_path / "thrifty.mp4")
    return lambda: services.create_video(owner=user, path=copy, filename=copy.name, name="A clip")


def rows(video):
    return sorted(video.files.values_list("resolution", "has_audio", "is_remux"))


@pytest.mark.parametrize("name", ["ten_bit", "rotated", "webm", "interlaced", "late_audio"])
def test_a_source_that_browsers_would_not_play_gets_no_copy(create, name):
    assert waiting(create(name), JobType.REMUX) == []


def test_no_copy_is_made_where_local_workers_are_off(create, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    assert waiting(create("landscape"), JobType.REMUX) == []


def test_a_copy_that_fails_leaves_the_encodes_alone(create, monkeypatch, settings):
    settings.TRANSCODE_MAX_FAILURES = 1

    def broken(*args, **options):
        raise BadPlaylist("It went wrong.")

    monkeypatch.setattr(remux.commands, "hls_remux", broken)
    settings.TRANSCODE_RESOLUTIONS = [240]
    video = run_all(create("landscape"))
    assert states(video)[JobType.REMUX][0][0] == Status.FAILED
    assert video.state == VideoState.PUBLISHED
    assert rows(video) == [(0, True, False), (240, False, False)]


def test_a_video_plays_as_soon_as_its_source_is_copied(create, settings):
    settings.TRANSCODE_RESOLUTIONS = [240]
    video = create("landscape")
    execute(waiting(video, JobType.REMUX)[0].pk)
    video.refresh_from_db()
    assert states(video)[JobType.REMUX] == [DONE]
    assert (video.is_playable, video.state) == (True, VideoState.TO_TRANSCODE)
    assert rows(video) == [(0, True, True), (360, False, True)]
    decode(storage.root() / video.master_name)


def test_a_copy_that_is_no_rung_goes_when_the_top_is_there(create, settings):
    settings.TRANSCODE_RESOLUTIONS = [240]
    video = run_all(create("landscape"))
    assert video.state == VideoState.PUBLISHED
    assert [row[:2] for row in rows(video)] == [(0, True), (240, False)]


def test_a_copy_of_the_size_of_the_top_is_the_top(thrifty):
    video = thrifty()
    assert [job.params["resolution"] for job in waiting(video, JobType.HLS)] == [240, 0]
    video = run_all(video)
    assert video.state == VideoState.PUBLISHED
    assert rows(video) == [(0, True, False), (240, False, False), (360, False, False)]
    decode(storage.root() / video.master_name)


def test_sound_stays_with_the_picture_where_it_is_not_split(thrifty, settings):
    settings.TRANSCODE_SPLIT_AUDIO_VIDEO = False
    video = thrifty()
    execute(waiting(video, JobType.REMUX)[0].pk)
    assert rows(video) == [(360, True, False)]


def test_a_source_without_sound_is_copied_without(create):
    video = create("silent")
    execute(waiting(video, JobType.REMUX)[0].pk)
    assert rows(video) == [(360, False, True)]


def test_a_copy_is_shown_before_it_is_checked(create, monkeypatch):
    video = create("landscape")
    job = waiting(video, JobType.REMUX)[0]
    seen = []
    real = remux.brought

    def brought(folder, stem):
        seen.append(Video.objects.get(pk=video.pk).growing)
        return real(folder, stem)

    monkeypatch.setattr(remux, "brought", brought)
    execute(job.pk)
    assert seen[0]["job"] == str(job.pk)
    assert Video.objects.get(pk=video.pk).growing is None


def test_the_copy_waits_in_a_queue_of_its_own_and_before_its_ladder(create):
    video = create("landscape")
    jobs = Job.objects.filter(video_job__video=video).order_by("created_at", "pk")
    assert [job.queue for job in jobs] == ["io", "ffmpeg", "ffmpeg", "ffmpeg"]
    assert jobs[0].parent is None


def test_a_copy_that_will_not_do_as_the_top_is_encoded_instead(thrifty, monkeypatch):
    real, seen = remux.commands.hls_remux, []

    def cut_where_there_is_no_key_frame(source, *args, **options):
        seen.append(True)
        command = real(source, *args, **options)
        return command._replace(output=[*command.output[:-1], "-t", "0.5", command.output[-1]])

    monkeypatch.setattr(remux.commands, "hls_remux", cut_where_there_is_no_key_frame)
    monkeypatch.setattr(placing, "slack_s", lambda video: 0.1)
    video = thrifty()
    job = waiting(video, JobType.REMUX)[0]
    execute(job.pk)
    assert seen == [True]
    assert states(video)[JobType.REMUX] == [DONE]
    assert "its copy will not do" in job.attempts.get(number=1).log
    assert rows(video) == [(360, False, False)]
    video = run_all(video)
    assert (video.state, video.warnings) == (VideoState.PUBLISHED, [])
    decode(storage.root() / video.master_name)


def test_what_cannot_be_encoded_either_costs_one_failure(thrifty):
    video = thrifty()
    (storage.root() / video.source_name).write_bytes(b"\0" * 5000)
    job = waiting(video, JobType.REMUX)[0]
    execute(job.pk)
    job.refresh_from_db()
    assert (job.status, job.video_job.failures) == (Status.QUEUED, 1)
