"""Files: placed once, removed only when no row stands for them, whoever is killed when."""

import os
import threading
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from core.accounts.services import delete_account
from core.tests.uploads.conftest import tiny_png
from core.tests.uploads.making import made
from core.uploads import services, storage, upkeep
from core.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


def file_of(upload):
    return Path(settings.MEDIA_ROOT) / "uploads" / upload.stored_name


def delete_long_ago(upload):
    services.delete_upload(owner=upload.owner, upload_id=upload.pk)
    Upload.objects.filter(pk=upload.pk).update(deleted_at=timezone.now() - timedelta(hours=25))


def test_a_fresh_delete_is_kept_for_its_time(user):
    upload = made(user)
    services.delete_upload(owner=user, upload_id=upload.pk)

    assert upkeep.purge_deleted() == 0
    assert file_of(upload).exists()


def test_a_live_upload_is_never_purged(user):
    upload = made(user)
    Upload.objects.update(deleted_at=timezone.now() - timedelta(days=9))

    assert upkeep.purge_deleted() == 0
    assert file_of(upload).exists()


def test_a_purge_removes_row_and_file(user):
    upload = made(user)
    delete_long_ago(upload)

    assert upkeep.purge_deleted() == 1
    assert not file_of(upload).exists()
    assert not Upload.objects.exists()


def test_the_same_bytes_after_a_delete_keep_their_file_through_the_purge(user):
    first = made(user)
    delete_long_ago(first)

    second = made(user)
    upkeep.purge_deleted()

    assert second.pk != first.pk
    assert list(Upload.objects.all()) == [second]
    assert file_of(second).read_bytes() == tiny_png()


def test_a_file_that_two_deleted_uploads_share_goes_with_the_last(user):
    first = made(user)
    delete_long_ago(first)
    second = made(user)
    services.delete_upload(owner=user, upload_id=second.pk)

    upkeep.purge_deleted()
    assert file_of(second).exists()

    Upload.objects.update(deleted_at=timezone.now() - timedelta(hours=25))
    upkeep.purge_deleted()
    assert not file_of(second).exists()


def test_a_purge_beside_a_create_never_leaves_a_row_without_its_file(user):
    """Both at once, many times: whichever is first, the new upload has its file."""
    for _ in range(8):
        upload = Upload.objects.filter(is_deleted=False).first() or made(user)
        delete_long_ago(upload)
        threads = [
            threading.Thread(target=lambda work=work: (work(), database.close()))
            for work in (upkeep.purge_deleted, lambda: made(user))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert file_of(Upload.objects.get(is_deleted=False)).exists()


def test_a_file_taken_by_a_purge_in_between_is_put_back(user, tmp_path):
    name = storage.stored_name(user.pk, "ab" * 32, ".png")
    with storage.incoming() as incoming:
        incoming.file.write(b"content")
        incoming.file.flush()
        with storage.placed(incoming.path, name) as ensure_placed:
            storage.remove(name)
            ensure_placed()
            assert (storage.root() / name).read_bytes() == b"content"


def test_a_file_in_place_is_not_rewritten(user):
    name = storage.stored_name(user.pk, "cd" * 32, ".png")
    target = storage.root() / name
    target.parent.mkdir(parents=True)
    target.write_bytes(b"first")
    inode = target.stat().st_ino

    with storage.incoming() as incoming:
        incoming.file.write(b"second")
        with storage.placed(incoming.path, name):
            pass

    assert (target.read_bytes(), target.stat().st_ino) == (b"first", inode)


def test_a_placed_file_goes_again_when_its_row_cannot_be_made(user, incoming):
    name = storage.stored_name(user.pk, "ef" * 32, ".png")

    with (
        pytest.raises(RuntimeError),
        storage.incoming() as target,
        storage.placed(target.path, name),
    ):
        raise RuntimeError

    assert not (storage.root() / name).exists()
    assert incoming() == []


def test_what_a_killed_process_has_placed_without_a_row_is_swept(user, incoming):
    """The state that kill -9 leaves between the file's placing and the row's commit."""
    name = storage.stored_name(user.pk, "12" * 32, ".png")
    with storage.incoming() as target:
        placing = storage.placed(target.path, name)
        placing.__enter__()
        marker = next(path for path in incoming() if "~" in path.name)
        os.utime(marker, (0, 0))

        storage.remove_orphans()

        assert not marker.exists()
        assert not (storage.root() / name).exists()
        target.path.touch()
        target.path.rename(marker)
        placing.__exit__(None, None, None)


def test_a_swept_marker_leaves_a_file_that_a_row_stands_for(user, incoming):
    upload = made(user)
    marker = storage.root() / ".incoming" / f"0~{upload.stored_name.replace('/', '~')}"
    marker.touch()
    os.utime(marker, (0, 0))

    storage.remove_orphans()

    assert incoming() == []
    assert file_of(upload).exists()


def test_a_young_temporary_file_is_left_to_its_writer(user):
    with storage.incoming() as target:
        storage.remove_orphans()

        assert target.path.exists()


def test_an_account_that_goes_takes_its_files_along(user, other_user):
    mine, theirs = made(user), made(other_user)

    delete_account(user)

    assert not file_of(mine).parent.parent.exists()
    assert file_of(theirs).exists()


def test_the_folder_of_an_account_that_is_gone_is_swept(user):
    mine = made(user)
    stray = storage.root() / str(uuid.uuid4()) / "ab" / "x.png"
    stray.parent.mkdir(parents=True)
    stray.touch()

    storage.remove_orphans()

    assert not stray.parent.parent.exists()
    assert file_of(mine).exists()


def test_remove_all_of_takes_no_path_for_an_account(user):
    with pytest.raises(ValueError, match="badly formed"):
        storage.remove_all_of("../..")
