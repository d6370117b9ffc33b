"""Large bodies in little memory, and disks that are full."""

import resource

import psutil
import pytest

from core.tus import parts
from core.tus.models import TusUpload
from tests.support.tus_client import checksum
from tests.support.waiting import wait_until

MIB = 2**20


def test_300_mib_in_one_request_stay_out_of_the_servers_memory(own_web):
    tus = own_web.start()
    where = tus.made(300 * MIB)
    tus.patch(where, b"")
    process = psutil.Process(own_web.child.pid)
    before = peak = process.memory_info().rss

    def measured():
        nonlocal peak
        for _ in range(300):
            peak = max(peak, process.memory_info().rss)
            yield b"x" * MIB

    assert tus.patch(where, measured(), 0).status_code == 204
    assert peak - before < 32 * MIB
    assert TusUpload.objects.get().status == "complete"


def test_an_unmeasured_body_beyond_the_largest_of_all_is_413(own_web):
    tus = own_web.start(MAX_UPLOAD_SIZE="1 MiB", CORE_UPLOAD_MAX_BYTES="1 MiB")
    where = tus.made(MIB)
    piece = b"20000\r\n" + b"x" * 0x20000 + b"\r\n"

    with tus.patching(where, None) as wire:
        wire.send(piece * 9)
        status, _, body = wire.answer()

    assert (status, b"too_large" in body) == (413, True)
    assert "Traceback" not in own_web.child.text()
    assert tus.offset(where) <= MIB


@pytest.fixture
def small_files(own_web):
    """Return a client of a server that can write files of 8 MiB and no larger ones."""
    tus = own_web.start()
    psutil.Process(own_web.child.pid).rlimit(resource.RLIMIT_FSIZE, (8 * MIB, 8 * MIB))
    return tus


def test_a_disk_that_is_full_on_the_way_is_507_and_what_fitted_is_kept(small_files):
    where = small_files.made(9 * MIB)

    answer = small_files.patch(where, b"x" * 9 * MIB)

    assert answer.status_code == 507
    assert answer.json()["code"] == "no_space"
    assert small_files.offset(where) == 8 * MIB


def test_a_checked_chunk_for_which_there_is_no_room_leaves_nothing(small_files):
    content = b"x" * 9 * MIB
    where = small_files.made(9 * MIB)

    answer = small_files.patch(where, content, 0, {"Upload-Checksum": checksum(content)})

    assert answer.status_code == 507
    assert small_files.offset(where) == 0
    upload = TusUpload.objects.get()
    wait_until(lambda: parts.size_of(upload.owner_id, upload.pk) == 0)


def test_what_no_disk_has_room_for_is_507_at_once(own_web, folders):
    tus = own_web.start(MAX_UPLOAD_SIZE="9000 TiB", TUS_MAX_BYTES_PER_USER="9000 TiB")

    assert tus.create(8000 * 2**40).status_code == 507
    assert not folders()
    assert not TusUpload.objects.exists()
