"""Transcriptions: asking for them, and those that runners bring (transcode contract, 4.5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs.execution import execute
from core.jobs.models import Job
from transcode.kind import PayloadInvalid, kind_for
from transcode.models import Caption, JobType, Runner, Video, VideoJob
from transcode.tests.factories import make_runner
from transcode.tests.kinds import test_storyboards
from transcode.tests.videos.making import LADDER, hand_over, make_video, stage
from transcode.videos import captions, storage
from transcode.videos.captions import NoEngine
from transcode.videos.errors import WrongState

GOOD = "WEBVTT\n\n00:00.000 --> 00:02.000\nGood <i>day</i>.\n"
HOSTILE = (
    "WEBVTT\n\nSTYLE\n::cue { background: url(http://evil.example/) }\n\nNOTE hidden\n\n"
    "00:00.000 --> 00:02.000\n<script>alert(1)</script><b>Bold</b> <font color=red>red</font>\n"
)


@pytest.fixture
def video(user, videos):
    """Return a video that plays."""
    made, _ = make_video(user, planned=[])
    Video.objects.filter(pk=made.pk).update(is_playable=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def job(video):
    """Return the transcription of a video, asked for while a runner is there."""
    make_runner()
    return captions.request(video)


def brought(job, text, language="en"):
    folder = storage.staging_folder(job.pk, "dddd")
    storage.make_folder(folder)
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "vttFile").write_bytes(data)
    hand_over(job, {"inputLanguage": language, "vttFile": str(folder / "vttFile")})
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def text_of(caption):
    with storage.open_stored(caption.name) as file:
        return file.read().decode()


# ---- asking


def test_without_an_engine_for_it_and_without_a_runner_nobody_is_asked(video):
    Video.objects.filter(pk=video.pk).update(language="ru")
    video.refresh_from_db()
    runner, _ = make_runner()
    Runner.objects.filter(pk=runner.pk).update(last_contact=timezone.now() - timedelta(seconds=61))
    with pytest.raises(WrongState) as refused:
        captions.request(video)
    assert refused.value.code == "no_engine"
    assert not VideoJob.objects.exists()


def test_only_a_runner_that_takes_transcriptions_is_asked(video):
    Video.objects.filter(pk=video.pk).update(language="ru")
    video.refresh_from_db()
    runner, _ = make_runner(job_types=[JobType.HLS])
    with pytest.raises(NoEngine):
        captions.request(video)
    Runner.objects.filter(pk=runner.pk).update(job_types=[JobType.HLS, JobType.TRANSCRIPTION])
    assert captions.request(video)


def test_a_video_without_sound_or_without_a_rendition_has_nothing_to_listen_to(video):
    make_runner()
    video.has_audio = False
    with pytest.raises(WrongState):
        captions.request(video)
    video.has_audio, video.is_playable = True, False
    with pytest.raises(WrongState):
        captions.request(video)


def test_captions_that_are_there_are_not_made_again_unless_forced(job, video):
    brought(job, GOOD)
    with pytest.raises(WrongState):
        captions.request(video)
    assert captions.request(video, force=True).pk != job.pk


def test_asking_twice_is_one_job(job, video):
    assert captions.request(video).pk == job.pk


def test_the_job_says_where_the_sound_is(job):
    row = VideoJob.objects.get(job=job.pk)
    assert row.payload["input"]["videoFileUrl"].endswith("/max-quality/audio")
    assert (row.priority, row.is_counted) == (200, False)


# ---- bringing


@pytest.mark.parametrize("fields", [{}, {"inputLanguage": ""}])
def test_a_success_without_a_language_is_no_payload(job, fields, tmp_path):
    with pytest.raises(PayloadInvalid):
        kind_for(JobType.TRANSCRIPTION).check_success(
            VideoJob.objects.get(job=job.pk), fields, {"vttFile": tmp_path}
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00:00.000 --> 00:01.000\nNo header.\n",
        b"WEBVTT\n\n00:00.000 --> 00:01.000\n\xff\xfe\n",
        "WEBVTT\n\n00:00.000 --> 09:00.000\nLong after the end.\n",
        "WEBVTT\n\n00:02.000 --> 00:03.000\nTwo.\n\n00:01.000 --> 00:02.000\nOne.\n",
        "WEBVTT\n\n" + "x" * (10 * 2**20),
    ],
    ids=["empty", "no-header", "no-utf8", "too-late", "backwards", "too-large"],
)
def test_what_is_no_webvtt_of_this_video_fails_the_job_and_is_not_kept(job, text, videos):
    assert brought(job, text).status == "failed"
    assert not Caption.objects.exists()
    assert not list(videos.glob("captions/**/*.vtt"))


def test_a_language_that_there_is_not_completes_the_job_with_a_warning(job, video):
    assert brought(job, GOOD, "klingonese").status == "succeeded"
    assert not Caption.objects.exists()
    video.refresh_from_db()
    assert video.warnings == ["Captions came in a language that is not known."]
    assert video.language == ""


def test_captions_made_by_hand_stay(job, video):
    Caption.objects.create(video=video, language="en", name="captions/mine.vtt")
    assert brought(job, GOOD).status == "succeeded"
    assert Caption.objects.get().name == "captions/mine.vtt"


def test_captions_are_shown_and_name_the_language_of_a_video_that_has_none(job, video):
    assert brought(job, GOOD, "eng").status == "succeeded"
    caption = Caption.objects.get()
    assert (caption.language, caption.is_automatic) == ("en", True)
    video.refresh_from_db()
    assert video.language == "en"
    assert "Good <i>day</i>." in text_of(caption)


def test_the_language_that_a_person_chose_stays(job, video):
    Video.objects.update(language="de")
    brought(job, GOOD)
    video.refresh_from_db()
    assert video.language == "de"


def test_new_captions_replace_the_old_automatic_ones(job, video):
    brought(job, GOOD)
    first = Caption.objects.get().name
    brought(captions.request(video, force=True), GOOD.replace("day", "night"))
    caption = Caption.objects.get()
    assert "night" in text_of(caption)
    assert video.discarded.filter(name=first).exists()


def test_the_master_lists_captions(user, videos):
    video, (hls, *_) = make_video(user, planned=LADDER[:2])
    for each, name in ((hls, "360"), (Job.objects.get(parent=hls), "0")):
        hand_over(each, stage(each, name))
        execute(each.pk)
    make_runner()
    video.refresh_from_db()
    brought(captions.request(video), GOOD)
    video.refresh_from_db()
    with storage.open_stored(video.master_name) as file:
        master = file.read().decode()
    assert 'TYPE=SUBTITLES,GROUP-ID="' in master
    assert 'LANGUAGE="en"' in master


@pytest.mark.case("transcode", 35)
def test_hostile_captions_and_storyboards_are_handled_as_the_contract_says(job, video, videos):
    """Tags and styles are stripped; no header fails; a wrong language and a wrong size, too."""
    assert brought(job, HOSTILE).status == "succeeded"
    text = text_of(Caption.objects.get())
    assert "<b>Bold</b>" in text
    assert not [word for word in ("script>", "STYLE", "url(", "NOTE", "font") if word in text]

    wrong_language = captions.request(video, force=True)
    assert brought(wrong_language, GOOD, "xx-nowhere").status == "succeeded"
    assert Caption.objects.count() == 1
    Video.objects.update(is_playable=True)  # It has no renditions here.
    video.refresh_from_db()
    assert video.warnings

    headless = captions.request(video, force=True)
    assert brought(headless, GOOD.removeprefix("WEBVTT")).status == "failed"
    assert text_of(Caption.objects.get()) == text

    from transcode.videos import storyboards

    board = storyboards.plan(video)
    grid = test_storyboards.grid_of(board)
    wide = test_storyboards.jpeg((grid.width, grid.height + 2))
    assert test_storyboards.brought(board, wide).status == "failed"
    video.refresh_from_db()
    assert video.storyboard is None
