"""Who sees which video, and which of its files is the best."""

import uuid

import pytest

from transcode.models import Video, VideoFile, VideoState
from transcode.videos import selectors
from transcode.videos.errors import NotFound
from transcode.videos.selectors import Stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(user):
    return Video.objects.create(
        owner=user, name="A clip", has_video=True, has_audio=True, source_name="originals/x/a.mp4"
    )


def rendition(video, resolution, *, fps=30, kind="hls", has_audio=False, name=None):
    return VideoFile.objects.create(
        video=video,
        kind=kind,
        resolution=resolution,
        fps=fps if resolution else 0,
        name=name or f"{kind}/x/{resolution}-{fps}-{has_audio}.mp4",
        size_bytes=1,
        has_video=resolution > 0,
        has_audio=has_audio or resolution == 0,
    )


@pytest.mark.parametrize("wanted", ["", "x", "../x", "0" * 32 + "0", None, 7])
def test_what_is_no_id_is_not_found(wanted, user):
    with pytest.raises(NotFound):
        selectors.video_of(user, wanted)


def test_a_video_that_there_is_not_is_not_found(user):
    with pytest.raises(NotFound):
        selectors.video_of(user, uuid.uuid4())


def test_somebody_elses_video_is_not_found(video, other_user):
    with pytest.raises(NotFound):
        selectors.video_of(other_user, video.pk)
    assert not selectors.videos_of(other_user).exists()


def test_owner_and_staff_see_a_video(video, user, staff):
    assert selectors.video_of(user, str(video.pk)) == video
    assert selectors.video_of(staff, video.pk) == video


def test_what_is_under_way_comes_first_on_a_socket_and_nothing_else(video, user):
    done = Video.objects.create(owner=user, name="Done", state=VideoState.PUBLISHED)
    Video.objects.create(owner=user, name="Failed", state=VideoState.TRANSCODING_FAILED)

    assert list(selectors.unfinished_videos_of(user)) == [video]
    assert done in selectors.videos_of(user)


def test_the_original_is_the_best_as_long_as_it_is_kept(video):
    rendition(video, 1080)

    assert selectors.max_quality(video) == Stored("originals/x/a.mp4", True, True)


def test_without_the_original_the_largest_rendition_is_the_best(video):
    video.source_name = ""
    rendition(video, 0)
    rendition(video, 720, fps=60)
    best = rendition(video, 1080)

    assert selectors.max_quality(video).name == best.name


def test_of_two_of_one_size_the_one_with_sound_is_better(video):
    video.source_name = ""
    rendition(video, 720)
    whole = rendition(video, 720, kind="web", has_audio=True)

    assert selectors.max_quality(video).name == whole.name


def test_a_sound_is_its_own_best_until_there_is_a_picture(video):
    video.has_video = False
    assert selectors.max_quality(video) == Stored("originals/x/a.mp4", False, True)

    merged = rendition(video, 480, kind="web", has_audio=True)
    assert selectors.max_quality(video).name == merged.name


def test_the_best_sound_is_the_separate_one_else_whatever_is_best(video):
    assert selectors.max_quality_audio(video).name == video.source_name

    sound = rendition(video, 0)
    assert selectors.max_quality_audio(video).name == sound.name


def test_an_original_without_a_picture_is_the_best_sound(video):
    video.has_video = False
    rendition(video, 0)
    rendition(video, 480)
    assert selectors.max_quality_audio(video).name == video.source_name


def test_a_silent_rendition_brings_the_separate_sound_along(video):
    video.source_name = ""
    rendition(video, 720)
    sound = rendition(video, 0)

    best = selectors.max_quality(video)

    assert selectors.separate_audio_of(video, best).name == sound.name
    assert selectors.separate_audio_of(video, Stored("x", True, True)) is None
    video.has_audio = False
    assert selectors.separate_audio_of(video, best) is None


def test_a_video_of_which_nothing_is_there_has_no_best_file(user):
    bare = Video.objects.create(owner=user, name="Bare", state=VideoState.TO_IMPORT)

    assert selectors.max_quality(bare) is None
    assert selectors.max_quality_audio(bare) is None
