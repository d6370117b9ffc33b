"""Transcriptions by our own engine (transcode contract, 7)."""

import subprocess
import threading

import pytest

from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job
from core.speech.chosen import Choice, _Settings
from core.tests.speech.spoken import spoken
from tests.support.clips import clip
from tests.support.waiting import wait_until
from transcode.local import listening
from transcode.models import Caption, Video, VideoJob
from transcode.tests.factories import make_runner
from transcode.tests.local.conftest import at_work
from transcode.tests.videos.making import make_video
from transcode.videos import captions, storage

FRIDAY = "good morning everyone please read the book before friday"


class Patient:
    """An engine that listens until nobody wants it any more."""

    name = "patient"

    def __init__(self, options):
        pass

    def languages(self):
        return {"auto"}

    def check(self):
        pass

    def transcribe(self, wav_path, *, language, on_progress, should_stop):
        while not should_stop():
            # Again and again: what is said just after another report is not written.
            on_progress(0.5)
            threading.Event().wait(0.05)


@pytest.fixture
def video(user):
    """Return a video that plays."""
    return make_video(user, "landscape", planned=[], is_playable=True)[0]


def run(video, path, *sound):
    """Give a video another sound, and have it listened to."""
    words = ("-i", str(clip("landscape")), *sound, "-map", "0:v", "-map", "1:a", "-c:v", "copy")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *words, str(path)], check=True)
    storage.place(path, video.source_name)
    Video.objects.filter(pk=video.pk).update(duration_s=3.6)
    job = captions.request(Video.objects.get(pk=video.pk))
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def test_where_our_workers_are_off_nobody_listens_here(video, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    assert listening.engine_for(video) is None


def test_an_engine_that_is_not_configured_is_none(video, monkeypatch):
    monkeypatch.setattr(_Settings, "ask", staticmethod(lambda: Choice("openai_http")))
    assert listening.engine_for(video) is None


def test_a_language_that_the_engine_does_not_know_is_for_runners_alone(video):
    Video.objects.update(language="ru")
    video.refresh_from_db()
    make_runner()
    assert captions.request(video).queue == ""


def test_an_engine_that_is_gone_meanwhile_is_an_error_that_may_pass(video):
    job = captions.request(video)
    Video.objects.update(language="ru")
    execute(job.pk)
    job.refresh_from_db()
    assert job.status == "queued"
    assert VideoJob.objects.get(job=job.pk).failures == 1


def test_a_cancelled_job_listens_no_more(video, monkeypatch):
    choice = Choice("patient", backends={"patient": f"{__name__}.Patient"})
    monkeypatch.setattr(_Settings, "ask", staticmethod(lambda: choice))
    job = captions.request(video)
    with at_work(job):
        wait_until(lambda: Job.objects.get(pk=job.pk).progress == 0.5)
        lifecycle.cancel(job.pk)
    job.refresh_from_db()
    assert (job.status, job.stage) == ("cancelled", "encode")
    assert not Caption.objects.exists()


@pytest.mark.parametrize("language", ["", "en"])
def test_what_is_said_becomes_captions(video, language, tmp_path):
    Video.objects.update(language=language)
    job = run(video, tmp_path / "v.mp4", "-i", str(spoken(FRIDAY)))

    assert (job.status, job.queue) == ("succeeded", "speech")
    caption = Caption.objects.get()
    assert (caption.language, caption.is_automatic) == ("en", True)
    with storage.open_stored(caption.name) as file:
        text = file.read().decode().lower()
    assert text.startswith("webvtt\n\n00:00:0")
    assert "morning everyone" in " ".join(text.split())


def test_where_nothing_is_said_there_are_no_captions_but_a_warning(video, tmp_path):
    silence = ("-f", "lavfi", "-t", "2", "-i", "anullsrc=sample_rate=48000")
    assert run(video, tmp_path / "v.mp4", *silence).status == "succeeded"
    assert not Caption.objects.exists()
    video.refresh_from_db()
    assert video.warnings == ["No words were heard in this video."]
    assert video.language == ""
