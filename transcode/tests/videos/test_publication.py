"""What players are offered: the master, and what it replaces."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from transcode.models import Caption, Discarded, JobType, Video, VideoFile
from transcode.tests.engines.hls import decode
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import LADDER, finish, make_video
from transcode.videos import publication, storage, upkeep
from transcode.videos.layout import PlannedJob

pytestmark = pytest.mark.usefixtures("alone", "transactional_db", "videos")


@pytest.fixture(autouse=True)
def _runners_only(settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"


def seen(video):
    return Video.objects.get(pk=video.pk)


def row(resolution, *, at=0, **more):
    """Make an unsaved rendition of some second of this hour."""
    values = {"kind": "hls", "fps": 30 if resolution else 0, "has_video": bool(resolution)}
    return VideoFile(
        pk=at,
        resolution=resolution,
        name=f"hls/x/{resolution}-{at}.mp4",
        size_bytes=1,
        created_at=timezone.now() + timedelta(seconds=at),
        **{"has_audio": not resolution, **values, **more},
    )


def names(files):
    return sorted(file.name for file in files)


def test_a_newer_rendition_of_the_same_size_and_rate_replaces_the_older(user):
    video, _ = make_video(user)
    older, newer, other = row(360, at=1), row(360, at=2), row(360, at=3, fps=60)

    kept, superseded = publication.chosen(video, [older, newer, other])

    assert names(kept) == names([newer, other])
    assert superseded == [older]


def test_the_copy_of_the_source_goes_when_the_top_rendition_is_there(user):
    video, _ = make_video(user)
    copy, top, low = row(360, at=1, is_remux=True), row(360, at=2), row(180, at=3)

    assert copy in publication.chosen(video, [copy, low])[0]
    assert publication.chosen(video, [copy, low, top])[1] == [copy]


def test_the_copy_of_the_source_stays_where_originals_are_always_offered(user, settings):
    settings.TRANSCODE_ALWAYS_ORIGINAL = True
    video, _ = make_video(user)
    copy, top = row(360, at=1, is_remux=True), row(360, at=2)

    assert publication.chosen(video, [copy, top]) == ([copy, top], [])


def test_a_picture_without_its_sound_is_not_complete(user):
    video, _ = make_video(user)

    assert not publication.is_complete(video, [row(360)])
    assert not publication.is_complete(video, [row(0)])
    assert publication.is_complete(video, [row(360), row(0)])
    assert publication.is_complete(video, [row(360, has_audio=True)])
    video.has_audio = False
    assert publication.is_complete(video, [row(360)])


def test_each_master_has_a_new_name_and_the_old_one_stays_for_a_minute(user, videos):
    video, (top, audio, low) = make_video(user)
    finish(top, "360")
    finish(audio, "0")
    first = seen(video)

    finish(low, "180")

    second = seen(video)
    assert first.master_name != second.master_name
    assert first.hashes_name != second.hashes_name
    assert (videos / first.master_name).exists()
    assert upkeep.purge_discarded() == 0
    Discarded.objects.update(due_at=timezone.now())
    upkeep.purge_discarded()
    left = files_below(videos / "hls" / str(video.pk))
    assert storage.file_of(first.master_name) not in left
    assert storage.file_of(second.master_name) in left
    decode(videos / second.master_name)


def test_a_replaced_rendition_leaves_the_master_and_later_the_disk(user, videos):
    video, (top, audio, _) = make_video(user)
    finish(top, "360")
    finish(audio, "0")
    old = VideoFile.objects.get(resolution=360)
    made, (again,) = video, _lay_out(video, [LADDER[0]])

    finish(again, "360")

    new = VideoFile.objects.get(resolution=360)
    text = (videos / seen(made).master_name).read_text()
    assert new.name != old.name
    assert storage.file_of(new.playlist_name) in text
    assert storage.file_of(old.playlist_name) not in text
    assert (videos / old.name).exists()
    Discarded.objects.update(due_at=timezone.now())
    upkeep.purge_discarded()
    assert not (videos / old.name).exists()
    assert not (videos / old.playlist_name).exists()
    decode(videos / seen(made).master_name)


def _lay_out(video, planned):
    from transcode.videos import layout

    return layout.lay_out(video, planned)


def test_a_master_made_from_old_rows_is_not_taken(user, videos):
    video, (top, audio, _) = make_video(user)
    finish(top, "360")
    finish(audio, "0")
    publication.mark_stale(video.pk)
    offer = publication._offer(video.pk)
    made = publication._write(offer)
    Video.objects.filter(pk=video.pk).update(master_revision=99)

    assert not publication._install(offer, *made)

    assert seen(video).master_name not in made


def test_many_that_rebuild_at_once_leave_one_fresh_master_and_no_stray_file(user, videos):
    video, (top, audio, low) = make_video(user)
    for job, name in ((top, "360"), (audio, "0"), (low, "180")):
        finish(job, name)
    failures = []

    def change():
        try:
            with transaction.atomic():
                publication.mark_stale(video.pk)
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=change) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    now = seen(video)
    assert failures == []
    assert now.master_revision == now.mastered_revision
    Discarded.objects.update(due_at=timezone.now())
    upkeep.purge_discarded()
    masters = list(videos.glob("hls/*/*-master.m3u8"))
    assert masters == [videos / now.master_name]
    decode(videos / now.master_name)


def test_a_death_before_the_master_was_written_is_mended_by_the_upkeep(user, videos):
    video, (top, audio, low) = make_video(user)
    for job, name in ((top, "360"), (audio, "0"), (low, "180")):
        finish(job, name)
    # As a process leaves it that is killed right after its commit.
    Video.objects.filter(pk=video.pk).update(
        master_revision=50, updated_at=timezone.now() - timedelta(minutes=1)
    )

    assert upkeep.settle() == 1

    assert seen(video).mastered_revision == 50
    assert upkeep.settle() == 0


def test_captions_are_a_group_of_the_master_and_play(user, videos):
    video, (top, audio, _) = make_video(user)
    name = storage.name_in("captions", video.pk, "11111111-1111-4111-8111-111111111111-en.vtt")
    storage.write(name, "WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n")
    Caption.objects.create(video=video, language="en", name=name)
    finish(top, "360")
    finish(audio, "0")

    now = seen(video)

    text = (videos / now.master_name).read_text()
    assert 'TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en"' in text


def test_originals_are_dropped_after_publication_where_they_are_not_kept(user, videos, settings):
    settings.TRANSCODE_KEEP_ORIGINAL = False
    planned = [PlannedJob(JobType.HLS, 180, 30, weight=1.0)]
    video, (only,) = make_video(user, planned=planned)

    finish(only, "180muxed")

    assert seen(video).source_name == ""
    Discarded.objects.update(due_at=timezone.now())
    upkeep.purge_discarded()
    assert not (videos / video.source_name).exists()


def test_originals_are_kept_otherwise(user, videos):
    planned = [PlannedJob(JobType.HLS, 180, 30, weight=1.0)]
    video, (only,) = make_video(user, planned=planned)

    finish(only, "180muxed")

    assert seen(video).source_name == video.source_name
    assert (videos / video.source_name).exists()
