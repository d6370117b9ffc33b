"""Files become videos, or leave nothing behind."""

import pytest

from core.errors import FieldErrors
from core.jobs.models import Job
from tests.support.clips import clip
from transcode.models import Video, VideoJob, VideoState
from transcode.tests.videos.conftest import files_below
from transcode.videos import services
from transcode.videos.tasks import make_pictures

pytestmark = pytest.mark.django_db


def refused(path, user, filename=None, name="A clip", **options):
    with pytest.raises(FieldErrors) as refusal:
        services.create_video(
            owner=user, path=path, filename=filename or path.name, name=name, **options
        )
    return refusal.value


def test_a_refused_file_leaves_no_file_row_or_job(videos, staged, user):
    path = staged("truncated")

    error = refused(path, user)

    assert (error.code, list(error.fields)) == ("not_media", ["videoFile"])
    assert not path.exists()
    assert files_below(videos) == []
    assert (Video.objects.count(), Job.objects.count()) == (0, 0)


def test_a_video_without_a_name_is_refused_by_field(videos, staged, user):
    assert list(refused(staged("landscape"), user, name=" \0 ").fields) == ["name"]
    assert list(refused(staged("landscape"), user, name="n" * 121).fields) == ["name"]
    assert Video.objects.count() == 0


def test_a_language_that_there_is_not_is_refused_by_field(videos, staged, user):
    assert list(refused(staged("landscape"), user, language="qqx").fields) == ["language"]


def test_all_that_is_wrong_is_refused_at_once(videos, staged, user):
    path = staged("truncated")

    error = refused(path, user, name=" ", language="qqx", destination="d" * 256)

    assert (error.code, set(error.fields)) == (
        "invalid", {"name", "language", "destination", "videoFile"},
    )  # fmt: skip
    assert not path.exists()
    assert Video.objects.count() == 0


def test_a_failure_after_the_file_was_placed_leaves_nothing(videos, staged, user, monkeypatch):
    from transcode.videos import layout

    def out_of_order(*args, **options):
        raise RuntimeError

    monkeypatch.setattr(layout, "lay_out", out_of_order)

    with pytest.raises(RuntimeError):
        services.create_video(owner=user, path=staged("landscape"), filename="a.mp4", name="A clip")
    assert files_below(videos) == []
    assert Video.objects.count() == 0


def test_a_video_is_to_be_transcoded_and_its_original_lies_in_its_place(create, videos):
    video = create()

    assert video.state == VideoState.TO_TRANSCODE
    assert video.source_name == f"originals/{video.pk}/source.mp4"
    assert (videos / video.source_name).read_bytes() == clip("landscape").read_bytes()
    assert (video.width, video.height, video.fps) == (640, 360, 30.0)
    assert (video.has_video, video.has_audio) == (True, True)
    assert video.duration_s == pytest.approx(2.0, abs=0.1)


def test_no_request_waits_for_pictures_a_worker_makes_both(create, videos):
    from PIL import Image

    video = create()
    assert (video.thumbnail_name, video.preview_name) == ("", "")

    make_pictures(str(video.pk))

    video.refresh_from_db()
    with Image.open(videos / video.thumbnail_name) as thumbnail:
        assert thumbnail.size in ((280, 157), (279, 157))
    with Image.open(videos / video.preview_name) as preview:
        assert (preview.format, preview.width <= 850, preview.height <= 480) == ("JPEG", True, True)


def test_a_sound_is_merged_with_a_picture_that_is_there_before_its_job(create):
    video = create("mp3")

    first = VideoJob.objects.filter(video=video).order_by("job__created_at").first()
    assert (first.type, first.resolution, first.fps) == ("vod-audio-merge-transcoding", 480, 25)
    assert video.preview_name


def test_the_jobs_know_the_address_of_the_files_and_nothing_else_of_us(create):
    video = create(base_url="http://media.example:8000/")

    for row in VideoJob.objects.filter(video=video, type="vod-hls-transcoding"):
        base = f"http://media.example:8000/api/v1/runners/jobs/{row.job_id}/files/videos/{video.pk}"
        assert row.payload["input"] == {
            "videoFileUrl": f"{base}/max-quality",
            "separatedAudioFileUrl": [],
        }


def test_the_public_address_wins_over_that_of_the_request(create, settings):
    settings.TRANSCODE_PUBLIC_URL = "https://videos.example"

    video = create(base_url="http://forged.example")

    payload = VideoJob.objects.filter(video=video, type="vod-hls-transcoding").first().payload
    assert payload["input"]["videoFileUrl"].startswith("https://videos.example/api/v1/runners/")
