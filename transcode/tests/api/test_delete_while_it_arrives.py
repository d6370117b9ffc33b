"""`DELETE video/<uuid>` while its bytes still come by tus: the upload goes with the video."""

import pytest

from core.tus import parts
from core.tus.models import Status, TusUpload
from tests.support.clips import clip
from tests.support.throttling import forget
from tests.support.tus_client import TusClient
from tests.support.waiting import wait_until
from transcode.models import Video
from transcode.videos import services

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tus(platform, user, access_token):
    """Return a client of a running server."""
    forget("uploads*")
    return TusClient(platform.url, access_token(user))


@pytest.fixture
def content():
    return clip("landscape").read_bytes()


@pytest.fixture
def half_there(tus, content):
    """Return the addresses of an upload of which half has come, and of its video."""
    where = tus.made(len(content), purpose="video", filename="a.mp4")
    came = tus.patch(where, content[: len(content) // 2])
    return where, came.headers.get("Upload-Resource") or tus.head(where).headers["Upload-Resource"]


def folder():
    upload = TusUpload.objects.get()
    return parts.folder_of(upload.owner_id, upload.pk)


def test_the_upload_is_gone_with_its_part(tus, content, half_there):
    where, video = half_there
    part = folder()

    assert tus.http.delete(video).status_code == 204

    assert tus.head(where).status_code == 404
    half = len(content) // 2
    assert tus.patch(where, content[half : half + 10], half).status_code == 404
    assert not part.exists()
    assert not TusUpload.objects.exists()


def test_who_sends_at_that_moment_is_told(tus, content, half_there):
    where, video = half_there
    half = len(content) // 2
    part = folder()
    with tus.patching(where, len(content) - half, half) as wire:
        wire.send(content[half : half + 1000])
        wait_until(lambda: tus.offset(where) == half + 1000)

        assert tus.http.delete(video).status_code == 204
        wire.send(content[half + 1000 :])

        assert wire.answer()[0] == 410
    assert not part.exists()
    assert not Video.objects.exists()


def test_another_upload_goes_on(tus, content, half_there):
    other = tus.made(len(content), purpose="video", filename="b.mp4")

    assert tus.http.delete(half_there[1]).status_code == 204

    assert tus.patch(other, content[:10]).status_code == 204
    assert Video.objects.count() == 1


def test_a_whole_upload_whose_video_has_gone_ends_with_410(tus, content, half_there):
    """Its last byte had come when the video went: whoever takes it in ends it."""
    where, _ = half_there
    upload = TusUpload.objects.get()
    part = folder()
    parts.data_of(upload.owner_id, upload.pk).write_bytes(content)
    TusUpload.objects.update(status=Status.COMPLETING, offset_bytes=len(content))
    services.remove(Video.objects.get())

    assert tus.patch(where, b"", len(content)).status_code == 410

    assert tus.head(where).status_code == 404
    assert not part.exists()
