"""Videos whose file is still on its way."""

import pytest

from core.errors import FieldErrors
from core.media.probe import probe
from tests.support.clips import clip
from transcode.models import Video, VideoJob, VideoState
from transcode.videos import services, storage
from transcode.videos.errors import NotFound

pytestmark = pytest.mark.usefixtures("transactional_db", "videos")


@pytest.fixture
def announced(user):
    """Return a video of which nothing has come yet."""
    return services.announce_upload(owner=user, name="A clip", size_bytes=1234, language="EN")


def begin(video, path, filename=None):
    return services.begin(video=video, path=path, filename=filename or path.name)


def test_a_video_without_a_name_is_not_announced(user):
    with pytest.raises(FieldErrors):
        services.announce_upload(owner=user, name="", size_bytes=1)

    assert not Video.objects.exists()


def test_an_announced_video_has_its_size_and_no_job(announced):
    assert (announced.state, announced.size_bytes) == (VideoState.TO_IMPORT, 1234)
    assert announced.language == "en"
    assert not VideoJob.objects.exists()


def test_a_refused_file_changes_nothing_of_the_row(announced, staged):
    with pytest.raises(FieldErrors):
        begin(announced, staged("truncated"))

    announced.refresh_from_db()
    assert (announced.state, announced.source_name) == (VideoState.TO_IMPORT, "")
    assert not VideoJob.objects.exists()


def test_a_video_that_was_erased_meanwhile_is_not_begun(announced, staged, videos):
    Video.objects.all().delete()

    with pytest.raises(NotFound):
        begin(announced, staged("landscape"))

    assert not (videos / "originals").exists()


def test_the_whole_file_begins_the_work(announced, staged):
    video = begin(announced, staged("landscape"))

    assert video.state == VideoState.TO_TRANSCODE
    assert storage.exists(video.source_name)
    assert VideoJob.objects.filter(video=video).exists()


def test_a_sound_begins_with_its_picture(announced, staged):
    video = begin(announced, staged("mp3"))

    assert (video.has_video, video.has_audio) == (False, True)
    assert video.preview_name
    assert (
        VideoJob.objects.order_by("job__created_at").first().type == "vod-audio-merge-transcoding"
    )


def test_beginning_again_changes_nothing(announced, staged):
    first = begin(announced, staged("landscape"))
    jobs = VideoJob.objects.count()

    path = staged("landscape")
    path.unlink()
    again = begin(announced, path)

    assert again.source_name == first.source_name
    assert VideoJob.objects.count() == jobs


def test_a_death_between_file_and_row_is_followed_by_the_same(announced, staged):
    path = staged("landscape")
    name = storage.name_in("originals", announced.pk, "source.mp4")
    storage.place(path, name)

    video = begin(announced, path)

    assert (video.state, video.source_name) == (VideoState.TO_TRANSCODE, name)


def test_work_begins_once_while_the_file_comes_and_knows_where_it_comes_from(announced):
    info = probe(clip("landscape"))

    video = services.begin_streaming(video=announced, info=info, private={"growing_input": "x"})

    assert video.state == VideoState.TO_TRANSCODE
    assert video.size_bytes == 1234
    jobs = VideoJob.objects.filter(video=video)
    assert {job.private_payload["growing_input"] for job in jobs} == {"x"}
    assert services.begin_streaming(video=announced, info=info, private={}) is None


def test_the_end_of_a_file_whose_work_has_begun_lays_out_no_ladder_again(announced, staged):
    info = probe(clip("landscape"))
    services.begin_streaming(video=announced, info=info, private={})
    before = set(VideoJob.objects.values_list("job", flat=True))

    video = begin(announced, staged("landscape"))

    added = VideoJob.objects.exclude(job__in=before)
    assert [(job.type, job.is_optional) for job in added] == [("remux", True)]
    assert storage.exists(video.source_name)
    assert video.duration_s == pytest.approx(2.0, abs=0.1)


def test_the_end_of_a_file_that_plays_already_lays_out_nothing_more(announced, staged):
    info = probe(clip("landscape"))
    services.begin_streaming(video=announced, info=info, private={})
    Video.objects.update(is_playable=True)
    before = VideoJob.objects.count()

    begin(announced, staged("landscape"))

    assert VideoJob.objects.count() == before
