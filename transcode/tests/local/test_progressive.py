"""Progressive MP4s made here, and the still under a sound."""

import shutil
import subprocess

import pytest

from core.jobs.execution import execute
from core.jobs.models import Status
from core.media.probe import probe
from tests.support.clips import clip
from transcode.engines.encoders import Encoder
from transcode.local import running
from transcode.models import FileKind, JobType, Video, VideoState
from transcode.tests.engines.test_commands import checksums
from transcode.tests.local.cards import CARD, card_that_does
from transcode.tests.local.conftest import run_all, states, waiting
from transcode.videos import storage
from transcode.videos.changing import retranscode
from transcode.videos.services import create_video

DONE = (Status.SUCCEEDED, "")


@pytest.fixture
def web(settings):
    settings.TRANSCODE_WEB_VIDEOS_ENABLED = True
    settings.TRANSCODE_RESOLUTIONS = [240]


# ---- refused


def test_a_sound_without_a_picture_to_go_with_it_costs_a_failure(create):
    video = create("mp3")
    Video.objects.filter(pk=video.pk).update(preview_name="")
    job = waiting(video, JobType.AUDIO_MERGE)[0]
    execute(job.pk)
    job.refresh_from_db()
    assert (job.status, job.video_job.failures) == (Status.QUEUED, 1)
    assert job.attempts.get(number=1).outcome == "source_missing"


# ---- made


def test_web_videos_and_hls_beside_them(create, web):
    video = run_all(create("ten_bit"))
    assert states(video) == {JobType.WEB_VIDEO: [DONE], JobType.HLS: [DONE] * 2}
    made = video.files.get(kind=FileKind.WEB)
    info = probe(storage.root() / made.name)
    assert (info.video.height, info.audio.codec) == (240, "aac")
    assert video.state == VideoState.PUBLISHED


def test_the_top_web_video_is_the_source_itself_where_it_is_one(user, videos, settings, tmp_path):
    settings.TRANSCODE_WEB_VIDEOS_ENABLED, settings.TRANSCODE_HLS_ENABLED = True, False
    film, sent = tmp_path / "film.mp4", tmp_path / "sent.mp4"
    thrifty = ("-map", "0", "-c:v", "libx264", "-crf", "35", "-c:a", "copy")
    subprocess.run(["ffmpeg", "-v", "error", "-i", clip("landscape"), *thrifty, film], check=True)
    shutil.copyfile(film, sent)
    video = run_all(create_video(path=sent, owner=user, filename=sent.name, name="A film"))

    lower, top = video.files.filter(kind=FileKind.WEB).order_by("resolution")
    assert (lower.resolution, top.resolution) == (240, 360)
    assert checksums(storage.root() / top.name) == checksums(film)


def test_a_sound_becomes_a_video_with_its_cover(create):
    video = run_all(create("cover"))
    assert video.state == VideoState.PUBLISHED
    assert states(video)[JobType.AUDIO_MERGE] == [DONE]
    assert video.is_playable
    # The still was there for its renditions only.
    assert not video.files.filter(kind=FileKind.WEB).exists()


@pytest.mark.parametrize("is_split", [True, False])
def test_a_sound_that_became_a_video_gets_a_new_ladder(create, settings, is_split):
    settings.TRANSCODE_SPLIT_AUDIO_VIDEO = is_split
    video = run_all(create("cover"))
    retranscode(video=video)
    again = run_all(video)

    assert (again.state, again.error) == (VideoState.PUBLISHED, "")
    assert states(video)[JobType.AUDIO_MERGE] == [DONE] * 2
    merged = waiting(video, JobType.AUDIO_MERGE)[1].video_job
    assert merged.payload["input"]["audioFileUrl"].endswith("/max-quality/audio")
    sound = again.files.filter(kind=FileKind.HLS, has_audio=True).order_by("resolution").first()
    assert probe(storage.root() / sound.name).audio.codec == "aac"


# ---- encoders


def test_software_encodes_where_nothing_else_is_wanted(settings):
    settings.TRANSCODE_ENCODERS = ["libx264", CARD]
    assert running.best_encoder() == Encoder("libx264")
    settings.TRANSCODE_ENCODERS = []
    assert running.best_encoder() == Encoder("libx264")


def test_a_card_that_fails_is_replaced_by_software_and_the_video_says_so(
    create, settings, broken_card
):
    settings.TRANSCODE_ENCODERS = ["h264_nvenc", "libx264"]
    video = run_all(create("ten_bit"))
    assert states(video) == {JobType.HLS: [DONE] * 3}
    assert video.warnings == ["The encoder h264_nvenc failed; the video was encoded in software."]
    assert "h264_nvenc failed" in waiting(video, JobType.HLS)[0].attempts.get(number=1).log


def test_a_card_without_memory_is_replaced_too(
    create, settings, broken_card, monkeypatch, tmp_path
):
    # What ffmpeg says where a card's sessions or its memory are used up.
    full = "[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: out of memory (10): (no details)"
    card_that_does(tmp_path, monkeypatch, f"print({full!r}, file=sys.stderr)", "sys.exit(1)")
    settings.TRANSCODE_ENCODERS = ["h264_nvenc", "libx264"]
    video = run_all(create("ten_bit"))
    assert states(video) == {JobType.HLS: [DONE] * 3}
    assert len(video.warnings) == 1


def test_the_video_says_it_once(create, settings, broken_card, web):
    settings.TRANSCODE_ENCODERS = ["h264_nvenc", "libx264"]
    video = run_all(create("ten_bit"))
    assert video.state == VideoState.PUBLISHED
    assert len(video.warnings) == 1


def test_an_error_of_the_source_is_not_blamed_on_the_card_for_good(create, settings, broken_card):
    settings.TRANSCODE_ENCODERS = ["h264_nvenc", "libx264"]
    settings.TRANSCODE_MAX_FAILURES = 1
    video = create("ten_bit")
    (storage.root() / video.source_name).write_bytes(b"\0" * 5000)
    video = run_all(video)
    assert waiting(video, JobType.HLS)[0].error_code == "encode_failed"


# ---- limits


def test_a_result_may_not_grow_beyond_what_is_expected_of_it(create, monkeypatch, settings):
    settings.TRANSCODE_MAX_FAILURES = 1
    monkeypatch.setattr(running, "_LEAST_OUTPUT_BYTES", 1000)
    monkeypatch.setattr(running, "_OVERSHOOT", 0)
    video = run_all(create("ten_bit"))
    assert waiting(video, JobType.HLS)[0].error_code == "too_large"
    assert not video.files.exists()


def test_every_program_gets_threads_and_niceness(create, monkeypatch):
    told = []
    real = running.ffmpeg

    def ffmpeg(inputs, output, **options):
        told.append(options)
        return real(inputs, output, **options)

    monkeypatch.setattr(running, "ffmpeg", ffmpeg)
    run_all(create("ten_bit"))
    assert told
    assert all(2 <= options["threads"] <= 16 for options in told)
    assert all(options["limits"].wall_s <= 600 for options in told)
    assert all(options.get("nice", 10) == 10 for options in told)
