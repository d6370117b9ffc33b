"""What clients and processes leave behind goes, in an order that bears a death at any point."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.services import delete_account
from core.tests.tus.probe.purposes import Traced
from core.tus import parts, selectors, services, upkeep
from core.tus.errors import Gone, NotFound
from core.tus.models import TusUpload
from tests.support.tus_client import metadata
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
HOUR_S = 3600


@pytest.fixture
def upload(user, folders) -> TusUpload:
    """Return an upload of the purpose `traced`, half of which is there."""
    upload = services.create(
        owner=user, length_bytes=10, metadata_header=metadata(purpose="traced"), client_ip=None
    )
    parts.data_of(user.pk, upload.pk).write_bytes(b"hello")
    return upload


def told(upload: TusUpload) -> list[str]:
    from core.tests.tus.probe.purposes import TRACES

    return (TRACES / str(upload.pk)).read_text().splitlines()


def age(upload: TusUpload, **ago: float) -> None:
    TusUpload.objects.filter(pk=upload.pk).update(expires_at=timezone.now() - timedelta(**ago))


def test_one_that_is_not_overdue_stays(upload):
    assert upkeep.sweep() == 0
    assert selectors.upload_of(upload.owner, upload.pk)
    assert parts.size_of(upload.owner_id, upload.pk) == 5


def test_one_left_alone_ends_and_its_file_goes(upload, folders):
    age(upload, seconds=1)

    assert upkeep.sweep() == 1
    assert told(upload) == ["created", "ended"]
    assert not folders()
    assert upkeep.sweep() == 0


def test_one_that_is_overdue_is_gone_before_the_sweep(upload):
    age(upload, seconds=1)

    with pytest.raises(Gone):
        selectors.upload_of(upload.owner, upload.pk)


def test_an_expired_one_is_remembered_for_a_week_without_what_it_was(upload):
    age(upload, seconds=1)
    upkeep.sweep()

    row = TusUpload.objects.get()
    assert (row.metadata, row.client_ip) == ({}, None)
    with pytest.raises(Gone):
        selectors.upload_of(upload.owner, upload.pk)
    age(upload, days=8)
    upkeep.sweep()
    with pytest.raises(NotFound):
        selectors.upload_of(upload.owner, upload.pk)


def test_one_that_is_being_written_does_not_expire(upload):
    age(upload, seconds=1)

    with parts.locked(upload.owner_id, upload.pk):
        assert upkeep.sweep() == 0
    assert parts.size_of(upload.owner_id, upload.pk) == 5


def test_one_whose_file_is_lost_expires_all_the_same(upload):
    parts.remove(upload.owner_id, upload.pk)
    age(upload, seconds=1)

    assert upkeep.sweep() == 1
    assert told(upload) == ["created", "ended"]


def test_a_kept_file_expires_unused(user, folders):
    upload = services.create(owner=user, length_bytes=0, metadata_header="", client_ip=None)
    upkeep.finish_left_whole()
    assert len(folders()) == 1
    age(upload, seconds=1)

    assert upkeep.sweep() == 1
    assert not folders()


def test_a_purpose_that_cannot_undo_keeps_its_upload_for_the_next_sweep(upload, monkeypatch):
    age(upload, seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(Traced, "ended", lambda *_: 1 / 0)
        assert upkeep.sweep() == 0
    assert TusUpload.objects.get().status == "receiving"
    assert parts.size_of(upload.owner_id, upload.pk) == 5

    assert upkeep.sweep() == 1


def test_one_overdue_that_is_whole_is_finished_and_not_thrown_away(upload):
    parts.data_of(upload.owner_id, upload.pk).write_bytes(b"helloworld")
    age(upload, seconds=1)

    assert upkeep.sweep() == 0
    assert TusUpload.objects.get().status == "complete"


def test_a_folder_without_a_row_goes_after_a_while(user, upload, folders):
    TusUpload.objects.all().delete()
    assert upkeep.remove_strays() == 0
    long_ago = time.time() - 2 * HOUR_S
    os.utime(parts.folder_of(user.pk, upload.pk), (long_ago, long_ago))

    assert upkeep.remove_strays() == 1
    assert not folders()


def test_an_old_folder_with_a_row_stays(user, upload):
    long_ago = time.time() - 2 * HOUR_S
    os.utime(parts.folder_of(user.pk, upload.pk), (long_ago, long_ago))

    assert upkeep.remove_strays() == 0


def test_a_name_that_is_none_of_ours_does_not_stop_the_sweep(user, upload):
    stranger = parts.root() / "lost+found" / "x"
    stranger.mkdir(parents=True)
    os.utime(stranger, (0, 0))

    upkeep.remove_strays()

    assert parts.size_of(user.pk, upload.pk) == 5
    assert stranger.exists()
    stranger.rmdir()


def test_the_files_of_an_account_go_with_it(user, upload, folders):
    delete_account(user)

    assert not TusUpload.objects.exists()
    assert not folders()


def test_the_clock_of_the_platform_sweeps(platform, user):
    services.create(owner=user, length_bytes=10, metadata_header="", client_ip=None)
    TusUpload.objects.update(expires_at=timezone.now())

    wait_until(lambda: TusUpload.objects.get().status == "expired")
