"""Thumbnail and preview, of whatever there is to be seen (4.10)."""

import shutil
import threading
from uuid import uuid4

import pytest
from django.db import connection
from PIL import Image

from tests.support.clips import clip
from transcode.models import Video, VideoFile
from transcode.tests.videos.conftest import files_below
from transcode.videos import pictures, storage, tasks
from transcode.videos.intake import inspect

pytestmark = pytest.mark.usefixtures("transactional_db", "videos")


@pytest.fixture
def saved(user, videos):
    """Return a function that saves a video of a clip, without pictures."""

    def save(name):
        source = clip(name)
        video = Video(owner=user, name="Ünïcode ✓", **inspect(source, source.name).columns())
        video.source_name = storage.name_in("originals", video.pk, f"source{source.suffix}")
        (videos / video.source_name).parent.mkdir(parents=True)
        shutil.copyfile(source, videos / video.source_name)
        video.save()
        return video

    return save


def sizes(video):
    found = []
    for name in (video.thumbnail_name, video.preview_name):
        with storage.local_path(name) as path, Image.open(path) as picture:
            assert picture.format == "JPEG"
            found.append(picture.size)
    return found


def test_a_source_of_which_nothing_can_be_decoded_has_no_picture_and_no_error(saved, videos):
    video = saved("landscape")
    path = videos / video.source_name
    whole = path.read_bytes()
    start = whole.index(b"mdat") + 4
    path.write_bytes(whole[:start] + bytes(len(whole) - start))

    pictures.add(video)

    assert (video.thumbnail_name, video.preview_name) == ("", "")
    assert files_below(videos) == [video.source_name]


def test_a_video_that_is_gone_is_no_error(db):
    tasks.make_pictures(str(uuid4()))


def test_what_the_storage_does_not_have_is_tried_another_time(saved, videos):
    video = saved("silent")
    (videos / video.source_name).unlink()

    tasks.make_pictures(str(video.pk))

    assert files_below(videos) == []


def test_an_announced_video_has_nothing_to_show_yet(user, videos):
    video = Video.objects.create(owner=user, name="A clip")

    pictures.add(video)

    assert files_below(videos) == []


@pytest.mark.parametrize(
    ("name", "preview"),
    [
        ("landscape", (640, 360)),
        ("portrait", (270, 480)),
        ("rotated", (270, 480)),
        ("anamorphic", (640, 360)),
        ("odd", (321, 181)),
        ("webm", (320, 180)),
        ("ten_bit", (640, 360)),
    ],
)
def test_both_pictures_fit_their_boxes_and_keep_their_shape(saved, name, preview):
    video = saved(name)

    pictures.add(video)

    small, large = sizes(video)
    assert large == preview
    assert small[0] <= 280
    assert small[1] <= 157
    assert small[0] / small[1] == pytest.approx(preview[0] / preview[1], rel=0.03)


@pytest.mark.parametrize("name", ["mp3", "wav", "audio_only", "cover"])
def test_a_sound_shows_its_cover_or_a_card(saved, name):
    video = saved(name)

    pictures.add(video)

    small, large = sizes(video)
    assert large == ((64, 64) if name == "cover" else (850, 480))
    assert small[1] <= 157


def test_a_cover_that_declares_more_than_it_should_is_not_decoded(saved, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_COVER_SIDE", 63)  # The clip's own has 64.
    video = saved("cover")

    pictures.add(video)

    assert sizes(video)[1] == (850, 480)


@pytest.mark.parametrize("name", ["long_gop", "portrait", "webm"])
def test_of_a_very_large_picture_only_a_key_frame_is_decoded(saved, monkeypatch, name):
    video, same = saved(name), saved(name)
    pictures.add(same)
    monkeypatch.setattr(pictures, "MAX_DECODED_PIXELS", 1)

    pictures.add(video)

    assert sizes(video) == sizes(same)


def test_a_rendition_stands_in_for_a_source_that_is_gone(saved, videos):
    video, source = saved("landscape"), saved("portrait")
    Video.objects.filter(pk=video.pk).update(source_name="")
    video.refresh_from_db()
    VideoFile.objects.create(
        video=video,
        kind="hls",
        resolution=360,
        fps=30,
        name=source.source_name,
        size_bytes=source.size_bytes,
        has_video=True,
        has_audio=True,
        probe=source.probe,
    )

    pictures.add(video)

    assert sizes(video)[1] == (270, 480)
    assert video.source_name == ""


def test_pictures_are_made_once_by_however_many_at_once(saved, videos):
    video = saved("landscape")
    failures = []

    def add():
        try:
            pictures.add(Video.objects.get(pk=video.pk))
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    video.refresh_from_db()
    assert files_below(videos / "images") == sorted(
        name.removeprefix("images/") for name in (video.thumbnail_name, video.preview_name)
    )
