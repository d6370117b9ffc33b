"""Videos by resumable upload: encoded while they come, when that is worth it."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import FieldErrors
from core.jobs.execution import execute
from core.jobs.models import Job, Status
from core.tus import finishing, parts
from core.tus import services as tus
from core.tus.errors import Gone
from core.tus.models import TusUpload
from core.tus.purposes import purpose_named
from tests.support.clips import clip
from tests.support.tus_client import metadata
from tests.support.waiting import wait_until
from transcode.local.front import LEAST_MATROSKA_BYTES
from transcode.models import (
    GROWING_INPUT,
    JobType,
    RegistrationToken,
    Runner,
    Video,
    VideoJob,
    VideoState,
)
from transcode.tests.local.conftest import waiting


class Upload:
    """An upload of the purpose `video`, byte by byte."""

    def __init__(self, user, path, **meta):
        self.content = path.read_bytes()
        header = metadata(purpose="video", filename=path.name, **meta)
        self.row = tus.create(
            owner=user, length_bytes=len(self.content), metadata_header=header, client_ip=None
        )
        self.path = parts.data_of(user.pk, self.row.pk)

    @property
    def video(self):
        return Video.objects.filter(pk=self.row.resource.rpartition("/")[2]).first()

    def came(self, size, *, seconds_ago=60):
        """Let the first `size` bytes be there, of an upload that began some time ago."""
        self.path.write_bytes(self.content[:size])
        began = timezone.now() - timedelta(seconds=seconds_ago)
        TusUpload.objects.filter(pk=self.row.pk).update(created_at=began)
        self.row.refresh_from_db()
        tus.note(self.row, size)
        purpose_named("video").grew(self.row, self.path, size)

    def finish(self):
        self.path.write_bytes(self.content)
        finishing.finish_if_whole(TusUpload.objects.get(pk=self.row.pk))

    def jobs(self):
        return list(VideoJob.objects.filter(video=self.video).select_related("job"))


@pytest.fixture
def upload(user):
    return lambda name="landscape", /, **meta: Upload(user, clip(name), **meta)


def seen_runner(**columns):
    token = RegistrationToken.objects.create()
    return Runner.objects.create(name="r", registration_token=token, **columns)


def half(uploaded):
    return len(uploaded.content) // 2


# ---- refused


@pytest.mark.parametrize("filename", ["", "film", "list.m3u8", "list.mp4.sdp", "x.exe"])
def test_a_name_that_is_no_videos_is_refused_before_a_byte_is_sent(user, filename):
    header = metadata(purpose="video", filename=filename)
    with pytest.raises(FieldErrors) as caught:
        tus.create(owner=user, length_bytes=10, metadata_header=header, client_ip=None)
    assert caught.value.code == "unsupported_extension"
    assert not Video.objects.exists()
    assert not TusUpload.objects.exists()


def test_an_empty_file_is_refused(user):
    header = metadata(purpose="video", filename="a.mp4")
    with pytest.raises(FieldErrors) as caught:
        tus.create(owner=user, length_bytes=0, metadata_header=header, client_ip=None)
    assert caught.value.code == "empty_file"
    assert not Video.objects.exists()


@pytest.mark.parametrize("meta", [{"name": "x" * 121}, {"language": "klingonese"}])
def test_what_a_post_would_refuse_is_refused(user, meta):
    header = metadata(purpose="video", filename="a.mp4", **meta)
    with pytest.raises(FieldErrors):
        tus.create(owner=user, length_bytes=10, metadata_header=header, client_ip=None)
    assert not Video.objects.exists()


def test_content_that_is_no_video_ends_the_upload_and_erases_the_video(user, tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no video at all" * 100)
    sent = Upload(user, path)
    with pytest.raises(FieldErrors):
        sent.finish()
    assert not Video.objects.exists()
    assert not TusUpload.objects.exists()


def test_a_beginning_that_shows_too_long_a_film_refuses_it_at_once(upload, settings):
    settings.TRANSCODE_MAX_DURATION = 1
    sent = upload()
    with pytest.raises(FieldErrors) as caught:
        sent.came(half(sent))
    assert caught.value.code == "too_long"
    assert sent.jobs() == []


def test_a_beginning_that_cannot_be_read_is_not_looked_at_again(upload):
    sent = upload()
    film = sent.content
    sent.content = b"\x1a\x45\xdf\xa3\x44\x89\x88" + bytes(len(film))
    sent.came(LEAST_MATROSKA_BYTES)
    sent.content = film

    sent.came(half(sent))

    assert sent.jobs() == []


def test_of_two_uploads_of_one_owner_one_is_followed(upload, settings):
    settings.CELERY_WORKER_CONCURRENCY = 8
    first, second = upload(), upload("portrait")
    first.came(half(first))
    second.came(half(second))

    assert first.jobs()
    assert second.jobs() == []


# ---- the row


def test_a_video_exists_from_the_creation_with_the_size_that_was_announced(upload):
    sent = upload(name="My film", language="en", private="1")
    video = sent.video
    assert (video.state, video.name, video.language) == (VideoState.TO_IMPORT, "My film", "en")
    assert (video.size_bytes, video.is_private) == (len(sent.content), True)
    assert sent.row.resource == f"/api/v1/video/{video.pk}"


def test_without_a_name_the_files_own_is_taken(upload):
    assert upload().video.name == "landscape"


def test_an_upload_that_ends_before_its_last_byte_takes_the_video_along(upload):
    sent = upload()
    sent.came(half(sent))
    assert sent.jobs()
    tus.end(sent.row)
    assert sent.video is None
    assert not Job.objects.exclude(status=Status.CANCELLED).exists()


def test_an_upload_whose_video_was_deleted_ends(upload):
    sent = upload()
    sent.video.delete()
    with pytest.raises(Gone):
        sent.finish()
    assert not TusUpload.objects.exists()


def test_a_whole_file_is_taken_in_like_any_other(upload):
    sent = upload()
    sent.finish()
    assert sent.video.state == VideoState.TO_TRANSCODE
    assert {row.type for row in sent.jobs()} == {JobType.REMUX, JobType.HLS}
    assert not sent.path.exists()


def test_a_whole_file_that_is_taken_in_twice_gives_one_set_of_jobs(upload):
    sent = upload()
    sent.path.write_bytes(sent.content)
    purpose = purpose_named("video")
    purpose.completed(sent.row, sent.path)
    before = len(sent.jobs())
    purpose.completed(sent.row, sent.path)
    assert len(sent.jobs()) == before


# ---- whether to begin


def test_a_quick_upload_is_waited_for(upload):
    sent = upload()
    sent.came(half(sent), seconds_ago=1)
    assert sent.jobs() == []


def test_an_endless_upload_is_waited_for(upload):
    sent = upload()
    sent.came(half(sent), seconds_ago=7300)
    assert sent.jobs() == []


@pytest.mark.parametrize("name", ["slow_start", "truncated"])
def test_a_file_whose_index_is_at_its_end_is_waited_for(upload, name):
    sent = upload(name)
    sent.came(half(sent))
    assert sent.jobs() == []


def test_a_sound_is_waited_for(upload):
    sent = upload("mp3")
    sent.came(half(sent))
    assert sent.jobs() == []


def test_nothing_begins_before_the_index_is_there(upload):
    sent = upload()
    sent.came(500)
    assert sent.jobs() == []


def test_nothing_begins_where_local_workers_are_off(upload, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    sent = upload()
    sent.came(half(sent))
    assert sent.jobs() == []


def test_nothing_begins_where_a_runner_would_be_asked_first(upload, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "fallback"
    seen_runner()
    sent = upload()
    sent.came(half(sent))
    assert sent.jobs() == []


def test_a_runner_that_takes_no_such_jobs_is_not_asked_first(upload, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "fallback"
    seen_runner(job_types=[JobType.WEB_VIDEO])
    sent = upload()
    sent.came(half(sent))
    assert sent.jobs()


def test_uploads_take_no_more_than_half_of_the_workers(upload, settings):
    settings.CELERY_WORKER_CONCURRENCY = 2
    first, second = upload(), upload()
    first.came(half(first))
    second.came(half(second))
    assert first.jobs()
    assert second.jobs() == []


def test_a_slow_upload_that_can_be_read_from_its_front_begins_at_once(upload):
    sent = upload()
    sent.came(half(sent))
    video = sent.video
    assert video.state == VideoState.TO_TRANSCODE
    assert (video.width, video.height) == (640, 360)
    assert video.duration_s == pytest.approx(2.0, abs=0.1)
    assert {row.private_payload[GROWING_INPUT] for row in sent.jobs()} == {str(sent.row.pk)}


def test_it_begins_once(upload):
    sent = upload()
    sent.came(half(sent))
    before = len(sent.jobs())
    sent.came(half(sent) + 1)
    assert len(sent.jobs()) == before


def test_no_runner_gets_a_job_whose_file_is_still_on_its_way(upload):
    from transcode.runners import offers

    sent = upload()
    sent.came(half(sent))
    runner = seen_runner()
    assert offers.offers(runner) == []
    sent.finish()
    assert [offer.type for offer in offers.offers(runner)] == [JobType.HLS]


# ---- the encode


def test_the_encode_follows_the_upload_and_is_checked_against_the_whole(upload):
    sent = upload()
    sent.came(half(sent))
    parent = waiting(sent.video, JobType.HLS)[0]
    worker = threading.Thread(target=execute, args=[parent.pk])
    worker.start()
    wait_until(lambda: Job.objects.get(pk=parent.pk).status == Status.RUNNING)
    sent.finish()
    worker.join(180)
    jobs = [Job.objects.get(pk=job.pk) for job in waiting(sent.video, JobType.HLS)]
    assert [(job.status, job.error_message) for job in jobs] == [(Status.SUCCEEDED, "")] * 3
    assert all(job.attempt == 1 for job in jobs)
    assert sent.video.is_playable
