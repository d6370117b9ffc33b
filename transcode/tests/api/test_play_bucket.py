"""Files in a bucket: media by an address of the bucket's own, the rest through us.

The storage behind the API is a folder here that gives addresses as a bucket does.
"""

import asyncio

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import AsyncClient

from transcode.api.playing import play_url
from transcode.tests.factories import make_video
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)
STEM = "0f3a7c1e-5b1d-4e55-9a51-2f4f6f0f1a2b"


class Bucket(FileSystemStorage):
    """Gives addresses that are signed by somebody else."""

    def url(self, name):
        return f"https://bucket.example/videos/{name}?X-Amz-Signature=abc"


@pytest.fixture
def bucket(settings, tmp_path):
    """Keep this test's videos in a bucket."""
    settings.MEDIA_STORAGE = "s3"
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {
        **settings.STORAGES,
        "videos": {
            "BACKEND": "transcode.tests.api.test_play_bucket.Bucket",
            "OPTIONS": {"location": str(tmp_path / "bucket")},
        },
    }


def fetched(address):
    async def fetch():
        answer = await AsyncClient().get(address)
        body = b""
        if answer.streaming:
            async for piece in answer:
                body += piece
        return answer, body

    return asyncio.run(fetch())


def put(user, room, name):
    video = make_video(user)
    storage.write(storage.name_in(room, video.pk, name), b"content")
    return video, play_url(video, name)


def test_what_is_not_in_the_bucket_is_404(bucket, user):
    address = play_url(make_video(user), f"{STEM}-360-fragmented.mp4")

    assert fetched(address)[0].status_code == 404


def test_media_are_fetched_from_the_bucket(bucket, user):
    name = f"{STEM}-360-fragmented.mp4"
    video, address = put(user, "hls", name)

    answer, _ = fetched(address)

    assert answer.status_code == 302
    assert answer["Location"].startswith(f"https://bucket.example/videos/hls/{video.pk}/{name}?")
    assert answer["Cache-Control"] == "no-store"


def test_a_playlist_comes_through_us_so_that_its_addresses_stay_under_the_token(bucket, user):
    _, address = put(user, "hls", f"{STEM}-360.m3u8")

    answer, body = fetched(address)

    assert (answer.status_code, body) == (200, b"content")
    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"


@pytest.mark.parametrize("name", ["0-000001.ts", "0.m3u8", "master.m3u8", "segments-sha256.json"])
def test_a_live_stream_is_never_in_the_bucket(bucket, user, name):
    video = make_video(user, is_live=True)
    path = storage.root() / storage.name_in("hls", video.pk, name)
    storage.make_folder(path.parent)
    path.write_bytes(b"now")

    answer, body = fetched(play_url(video, name))

    assert (answer.status_code, body) == (200, b"now")
