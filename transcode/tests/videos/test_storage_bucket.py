"""Files behind Django's storage API, as with `MEDIA_STORAGE=s3`.

The storage behind the API is a folder here; what speaks to a bucket is django-storages.
"""

import uuid

import pytest

from core.errors import TemporaryFailure
from transcode.models import Video, VideoFile, VideoState
from transcode.tests.engines.hls import decode
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import finish, make_video
from transcode.videos import services, storage, upkeep

pytestmark = pytest.mark.usefixtures("alone", "transactional_db")
VIDEO = uuid.uuid4()


@pytest.fixture
def bucket(videos, settings, tmp_path):
    """Let the storage API stand between us and the files, in a folder of its own."""
    settings.MEDIA_STORAGE = "s3"
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    settings.STORAGES = {
        **settings.STORAGES,
        "videos": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "bucket"), "allow_overwrite": True},
        },
    }
    return tmp_path / "bucket"


def test_a_file_that_is_missing_is_a_failure_that_may_pass(bucket):
    with (
        pytest.raises(TemporaryFailure),
        storage.local_path(storage.name_in("hls", VIDEO, "a.mp4")),
    ):
        pass


def test_a_file_is_uploaded_and_its_copy_lives_as_long_as_it_is_needed(bucket, videos):
    staged, name = videos / "staged", storage.name_in("hls", VIDEO, "a.mp4")
    staged.write_bytes(b"whole")

    storage.place(staged, name)
    storage.place(staged, name)

    assert not staged.exists()
    with storage.local_path(name) as path:
        assert path.read_bytes() == b"whole"
        assert path.suffix == ".mp4"
    assert not path.exists()
    assert storage.size_bytes(name) == 5
    assert storage.files_in("hls", VIDEO) == [name]
    assert storage.videos_in("hls") == [str(VIDEO)]


def test_a_video_without_files_in_a_room_has_none_there(bucket):
    assert storage.files_in("hls", VIDEO) == []
    assert storage.videos_in("captions") == []


def test_a_video_lives_and_dies_in_the_bucket(bucket, videos, user):
    video, jobs = make_video(user)

    for job, name in zip(jobs, ("360", "0", "180"), strict=True):
        assert finish(job, name).status == "succeeded"

    video = Video.objects.get(pk=video.pk)
    assert video.state == VideoState.PUBLISHED
    assert VideoFile.objects.count() == 3
    decode(bucket / video.master_name)
    assert files_below(videos) == []
    upkeep.sweep()
    assert storage.exists(video.master_name)
    services.remove(video)
    assert files_below(bucket) == []
