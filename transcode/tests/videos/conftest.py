import shutil

import pytest

from tests.support.clips import clip
from transcode.videos import storage


@pytest.fixture
def videos(settings, tmp_path):
    """Give the videos of this test a folder of their own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {
        **settings.STORAGES,
        "videos": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": f"{settings.MEDIA_ROOT}/videos"},
        },
    }
    storage.make_folder(storage.root())
    return storage.root()


@pytest.fixture
def staged(tmp_path):
    """Return a function that gives a copy of a clip, as an upload leaves it."""

    def stage(name):
        source = clip(name)
        target = tmp_path / f"staged-{name}{source.suffix}"
        shutil.copyfile(source, target)
        return target

    return stage


@pytest.fixture
def create(videos, staged, user):
    """Return a function that makes a video of a clip."""
    from transcode.videos import services

    def make(name="landscape", **options):
        path = staged(name)
        given = {"owner": user, "filename": path.name, "name": "A clip", **options}
        return services.create_video(path=path, **given)

    return make


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
