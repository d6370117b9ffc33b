"""What was made of a video before an edit, and what after it: never in one master (4.4)."""

import re
import shutil
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from PIL import Image

from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job
from core.media.probe import probe
from tests.support.clips import clip
from transcode.models import Caption, FileKind, JobType, Video, VideoFile, VideoJob, VideoState
from transcode.tests.factories import make_runner
from transcode.tests.videos.making import accept, finish, give_up, hand_over, make_video, stage
from transcode.videos import (
    captions,
    changing,
    editing,
    publication,
    selectors,
    storage,
    storyboards,
    upkeep,
)
from transcode.videos.types import video_body

CUT = [{"name": "cut", "options": {"start": 1, "end": 3}}]
WHOLE = [{"name": "cut", "options": {"end": 6}}]


@pytest.fixture
def ladder(user, videos):
    """Return a published video of six seconds with one picture and its sound; and its jobs."""
    video, jobs = make_video(user)
    finish(jobs[0], "360")
    finish(jobs[1], "0")
    give_up(jobs[2])
    return fresh(video), jobs


def fresh(video):
    return Video.objects.get(pk=video.pk)


def do(job):
    """Have our own worker do a job, and those that it takes along."""
    Job.objects.filter(pk=job.pk).update(queue="ffmpeg")
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def edited(video, tasks=CUT):
    """Edit a video, and cancel what is made of the result."""
    assert do(editing.edit(video=fresh(video), tasks=tasks, files={})).status == "succeeded"
    changing.cancel(fresh(video))
    return fresh(video)


def listed_s(video):
    """Return how long each rendition lasts that the master lists, in seconds."""
    with storage.open_stored(video.master_name) as file:
        text = file.read().decode()
    names = re.findall(r'URI="([^"]+)"', text)
    names += [line for line in text.splitlines() if line and not line.startswith("#")]
    found = []
    for name in names:
        key = storage.name_in("hls", video.pk, name.replace(".m3u8", "-fragmented.mp4"))
        with storage.local_path(key) as path:
            found.append(round(probe(path).duration_s))
    return found


def test_a_ladder_after_an_edit_whose_own_was_cancelled_serves_the_new_cut_alone(ladder):
    video = edited(ladder[0])
    assert (video.state, video.is_playable) == (VideoState.TRANSCODING_FAILED, True)
    assert listed_s(video) == [6, 6]

    for job in changing.retranscode(video=video, resolutions=[240]):
        do(job)

    video = fresh(video)
    assert video.state == VideoState.PUBLISHED, video.error
    assert listed_s(video) == [2, 2]
    assert {file.resolution for file in video.files.all()} == {240, 0}
    assert video.discarded.filter(name__contains="-360-fragmented").exists()


def test_what_an_edit_replaces_is_kept_for_as_long_as_it_lasted(ladder):
    video = edited(ladder[0])
    old = {name for file in video.files.all() for name in (file.name, file.playlist_name)}
    begun = timezone.now()
    for job in changing.retranscode(video=video, resolutions=[240]):
        do(job)

    lasted = publication.KEPT_FOR_PLAYERS + timedelta(seconds=5.9)
    due = dict(fresh(video).discarded.values_list("name", "due_at"))
    assert len(old) == 4
    assert all(due[name] > begun + lasted for name in old)


def test_what_a_dead_process_has_left_is_settled_to_the_new_cut_alone(ladder):
    """Its rows are there, and the master is not made: as after a kill between the two."""
    video = edited(ladder[0])
    now = timezone.now() + timedelta(seconds=1)
    for number, resolution in enumerate((240, 0)):
        row(video, number, resolution, cut=video.cut, created_at=now).save()
    Video.objects.filter(pk=video.pk).update(
        master_revision=99, updated_at=now - timedelta(hours=1)
    )

    assert upkeep.settle() == 1

    assert {file.resolution for file in fresh(video).files.all()} == {240, 0}
    assert fresh(video).mastered_revision == 99


def test_what_is_left_of_several_cuts_is_the_newest_that_plays(ladder):
    video = fresh(ladder[0])
    video.cut = 3
    old = [row(video, 1, 360, cut=0), row(video, 2, 0, cut=0)]
    middle = [row(video, 3, 240, cut=2), row(video, 4, 0, cut=2)]
    sound, picture = row(video, 5, 0, cut=3), row(video, 6, 240, cut=3)

    assert publication.chosen(video, [*old, sound]) == (old, [])
    assert publication.chosen(video, [*old, *middle, sound]) == (middle, old)
    assert publication.chosen(video, [*old, sound, picture]) == ([sound, picture], old)


def test_what_was_silent_before_it_got_sound_by_an_edit_plays_until_the_new_does(ladder):
    video = fresh(ladder[0])
    video.cut, video.has_audio = 1, True
    old, new = row(video, 1, 360, cut=0), row(video, 2, 240, cut=1)

    assert publication.chosen(video, [old, new]) == ([old], [])
    assert publication.is_complete(video, [old])
    assert not publication.is_complete(video, [new])


def test_a_rendition_of_the_source_before_an_edit_comes_too_late(ladder):
    """Its job was tried again by itself while the edit was under way."""
    video, jobs = ladder
    edit = editing.edit(video=video, tasks=WHOLE, files={})
    lifecycle.retry(jobs[2].pk)
    late = accept(jobs[2])
    assert do(edit).status == "succeeded"

    brought = stage(late, "180")
    lifecycle.hand_over(
        late, within=lambda done: VideoJob.objects.filter(job=done.pk).update(result=brought)
    )
    execute(late.pk)

    done = Job.objects.get(pk=late.pk)
    assert (done.status, done.error_code) == ("failed", "outdated")
    assert not VideoFile.objects.filter(resolution=180).exists()


def test_a_job_of_before_an_edit_that_is_taken_after_it_works_on_the_new_source(ladder):
    video, jobs = ladder
    edited(video, WHOLE)
    lifecycle.retry(jobs[2].pk)

    assert finish(jobs[2], "180").status == "succeeded"

    assert VideoFile.objects.get(resolution=180).cut == 1


def test_the_best_file_and_sound_of_an_edited_video_are_of_the_new_cut(ladder):
    video = edited(ladder[0])

    assert selectors.max_quality(video).name == video.source_name
    assert selectors.max_quality_audio(video).name == video.source_name


def test_the_migration_tells_the_cuts_of_what_is_there_apart(ladder):
    video = edited(ladder[0])
    for job in changing.retranscode(video=video, resolutions=[240]):
        do(job)
    finished = Job.objects.get(video_job__type=JobType.STUDIO).finished_at
    before = finished - timedelta(seconds=1)
    row(video, 1, 360, cut=0, created_at=before).save()
    for model in (Video, VideoFile, VideoJob):
        model.objects.update(cut=0)

    import_module("transcode.migrations.0006_cuts").count_cuts(apps, None)

    cuts = dict(VideoFile.objects.values_list("resolution", "cut"))
    assert cuts == {360: 0, 240: 1, 0: 1}
    assert fresh(video).cut == 1
    assert set(VideoJob.objects.values_list("cut", flat=True)) == {1}
    publication.refresh(video.pk)
    assert not VideoFile.objects.filter(resolution=360).exists()


def row(video, number, resolution, **more):
    """Make an unsaved rendition, whose file lies in its place."""
    stem = f"{number}-{resolution}"
    name = storage.name_in("hls", video.pk, f"{stem}-fragmented.mp4")
    copy = storage.root() / "copy.mp4"
    shutil.copyfile(clip("silent"), copy)
    storage.place(copy, name)
    return VideoFile(
        pk=1000 + number,
        video=video,
        kind=FileKind.HLS,
        resolution=resolution,
        fps=30 if resolution else 0,
        name=name,
        playlist_name=storage.name_in("hls", video.pk, f"{stem}.m3u8"),
        size_bytes=1,
        has_video=bool(resolution),
        has_audio=not resolution,
        **more,
    )


# ---- captions and storyboards

HEARD = "WEBVTT\n\n00:00.000 --> 00:01.000\nWhat is left.\n"


def captioned(video, language="en", *, is_automatic=True):
    """Give a video captions, such as a machine has heard."""
    name = storage.name_in("captions", video.pk, f"old-{language}.vtt")
    storage.write(name, HEARD)
    Caption.objects.create(video=video, language=language, name=name, is_automatic=is_automatic)


def offered_captions(video):
    """Return the languages that the API shows of a video, and those that its master lists."""
    body = video_body(video, play_url=lambda _, name: name)
    with storage.open_stored(video.master_name) as file:
        listed = re.findall(r'TYPE=SUBTITLES.*LANGUAGE="(\w+)"', file.read().decode())
    return [each["language"] for each in body["captions"]], listed


def heard(job, text=HEARD):
    folder = storage.staging_folder(job.pk, "cccc")
    storage.make_folder(folder)
    (folder / "vttFile").write_text(text)
    return {"inputLanguage": "en", "vttFile": str(folder / "vttFile")}


def transcriptions():
    return VideoJob.objects.filter(type=JobType.TRANSCRIPTION).order_by("job__created_at")


def test_automatic_captions_are_made_anew_of_the_new_cut(ladder):
    video = ladder[0]
    captioned(video)
    old = Caption.objects.get().name
    Caption.objects.create(video=video, language="fr", name="captions/mine.vtt")
    make_runner()

    edit = editing.edit(video=video, tasks=CUT, files={})
    assert do(edit).status == "succeeded"

    assert [each.language for each in Caption.objects.all()] == ["fr"]
    assert fresh(video).discarded.filter(name=old).exists()
    row = transcriptions().get()
    assert row.job.status == "queued"
    assert row.payload["input"]["videoFileUrl"].endswith("/max-quality/audio")
    hand_over(row.job, heard(row.job))
    execute(row.pk)
    assert Caption.objects.get(language="en").name != old


def test_what_was_heard_of_the_new_cut_is_shown_once_nothing_else_plays(ladder):
    video = edited(ladder[0])
    captioned(video)
    captioned(video, "fr", is_automatic=False)
    with transaction.atomic():
        publication.mark_stale(video.pk)
    assert offered_captions(fresh(video)) == (["fr"], ["fr"])

    for job in changing.retranscode(video=fresh(video), resolutions=[240]):
        do(job)

    assert {file.cut for file in fresh(video).files.all()} == {1}
    assert offered_captions(fresh(video)) == (["en", "fr"], ["en", "fr"])


def test_our_own_engine_listens_to_the_new_cut(ladder, settings):
    video = ladder[0]
    captioned(video)
    edit = editing.edit(video=video, tasks=CUT, files={})
    settings.TRANSCODE_LOCAL_WORKERS = "always"

    assert do(edit).status == "succeeded"

    row = transcriptions().get()
    assert row.job.queue == "speech"
    execute(row.pk)
    assert Job.objects.get(pk=row.pk).status == "succeeded"


def test_where_nobody_can_listen_the_old_captions_go_and_none_come(ladder):
    captioned(ladder[0])

    edited(ladder[0])

    assert not Caption.objects.exists()
    assert not transcriptions().exists()


def test_a_video_without_automatic_captions_gets_none_by_an_edit(ladder):
    make_runner()

    edited(ladder[0])

    assert not transcriptions().exists()


def test_captions_of_before_the_edit_that_come_after_it_are_not_shown(ladder):
    video = ladder[0]
    make_runner()
    captions.request(video)
    late = accept(transcriptions().get().job)
    edited(video)

    VideoJob.objects.filter(job=late.pk).update(result=heard(late))
    lifecycle.hand_over(late)
    execute(late.pk)

    done = Job.objects.get(pk=late.pk)
    assert (done.status, done.error_code) == ("failed", "outdated")
    assert not Caption.objects.exists()
    assert [row.job.status for row in transcriptions()] == ["failed", "queued"]


def test_a_storyboard_of_before_the_edit_does_not_stand_in_for_the_new_one(ladder):
    video = ladder[0]
    late = accept(Job.objects.get(video_job__type=JobType.STORYBOARD))
    video = edited(video, WHOLE)
    grid = storyboards.grid_for(video)
    folder = storage.staging_folder(late.pk, "cccc")
    storage.make_folder(folder)
    Image.new("RGB", (grid.width, grid.height)).save(folder / "storyboardFile", "JPEG")
    brought = {"storyboardFile": str(folder / "storyboardFile")}

    with transaction.atomic():
        assert storyboards.plan(video).pk != late.pk
    VideoJob.objects.filter(job=late.pk).update(result=brought)
    lifecycle.hand_over(late)
    execute(late.pk)

    assert Job.objects.get(pk=late.pk).error_code == "outdated"
    assert fresh(video).storyboard is None
