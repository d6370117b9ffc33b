"""Files behind Django's storage API, as with `MEDIA_STORAGE=s3`: put first, then the row.

The storage behind the API is a folder here; what speaks to a bucket is django-storages.
"""

from pathlib import Path

import pytest
from django.conf import settings

from core.errors import TemporaryFailure
from core.tests.uploads.conftest import UPLOADS, tiny_png
from core.tests.uploads.making import made
from core.uploads import services, storage, upkeep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def bucket(settings):
    """Let the storage API stand between us and the files."""
    settings.MEDIA_STORAGE = "s3"


def kept(upload) -> Path:
    return Path(settings.MEDIA_ROOT) / "uploads" / upload.stored_name


def test_a_file_that_is_missing_is_a_failure_that_may_pass(user):
    with pytest.raises(TemporaryFailure), storage.local_file(f"{user.pk}/ab/none.png"):
        pass


def test_a_new_upload_is_put_and_comes_back(user, incoming):
    upload = made(user, process=False)

    assert kept(upload).read_bytes() == tiny_png()
    with storage.open_stored(upload.stored_name) as file:
        assert file.read() == tiny_png()
    assert incoming() == []


def test_a_worker_gets_a_copy_for_as_long_as_it_needs_it(user):
    upload = made(user, process=False)

    with storage.local_file(upload.stored_name) as path:
        assert path.read_bytes() == tiny_png()
        assert path != kept(upload)
        assert path.suffix == ".png"
    assert not path.exists()


def test_the_same_bytes_after_a_delete_are_not_put_again(user):
    first = made(user, process=False)
    inode = kept(first).stat().st_ino
    services.delete_upload(owner=user, upload_id=first.pk)

    second = made(user, process=False)

    assert second.stored_name == first.stored_name
    assert kept(second).stat().st_ino == inode


def test_a_download_and_a_page_work_from_a_copy(api, user):
    upload = made(user, process=False)

    head = api.head(f"{UPLOADS}{upload.pk}/image/")
    page = api.get(f"{UPLOADS}{upload.pk}/pages/1.png")

    assert head["Content-Length"] == str(upload.size_bytes)
    assert page.content.startswith(b"\x89PNG")


def test_a_purge_removes_the_file(user, settings):
    settings.CORE_DELETE_RETENTION_HOURS = 0
    upload = made(user, process=False)
    services.delete_upload(owner=user, upload_id=upload.pk)

    assert upkeep.purge_deleted() == 1
    assert not kept(upload).exists()


def test_an_account_that_goes_takes_its_files_along(user, other_user):
    mine, theirs = made(user, process=False), made(other_user, process=False)

    storage.remove_all_of(user.pk)

    assert not kept(mine).exists()
    assert kept(theirs).exists()
