"""Connections that break and processes that die: what has arrived is kept, and goes on."""

import pytest

from core.tests.tus.conftest import traces, whole
from core.tus import parts, upkeep
from core.tus.models import TusUpload
from tests.support.tus_client import checksum
from tests.support.waiting import wait_until

SIZE = 3 * 2**20
CONTENT = bytes(range(251)) * (SIZE // 251 + 1)


def data() -> "parts.Path":
    upload = TusUpload.objects.get()
    return parts.data_of(upload.owner_id, upload.pk)


def test_bytes_are_on_the_disk_while_the_request_still_runs(tus):
    where = tus.made(SIZE)

    with tus.patching(where, SIZE) as wire:
        for sent in (1, 1000, 2**20):
            before = data().stat().st_size
            wire.send(CONTENT[before : before + sent])
            wait_until(lambda: data().stat().st_size == before + sent)  # noqa: B023 - waited for here
            assert tus.offset(where) == before + sent
    assert CONTENT.startswith(data().read_bytes())


@pytest.mark.parametrize("sent", [1, 1000, 300_000, SIZE - 1])
def test_every_byte_that_arrived_before_the_break_counts(tus, sent):
    where = tus.made(SIZE)

    with tus.patching(where, SIZE) as wire:
        wire.send(CONTENT[:sent])
        wait_until(lambda: tus.offset(where) == sent)
    wait_until(lambda: tus.patch(where, CONTENT[sent:SIZE], sent).status_code == 204)

    assert data().read_bytes() == CONTENT[:SIZE]


def test_a_broken_unmeasured_body_counts_too(tus):
    where = tus.made(SIZE)

    with tus.patching(where, None) as wire:
        wire.send(b"5\r\nhello\r\n6\r\n wor")
        wait_until(lambda: tus.offset(where) == 9)
    wait_until(lambda: tus.patch(where, b"ld", 9).status_code == 204)

    assert data().read_bytes() == b"hello world"


def test_a_killed_server_loses_nothing_that_was_written(own_web):
    tus = own_web.start()
    where = tus.made(SIZE)
    with tus.patching(where, SIZE) as wire:
        wire.send(CONTENT[: 2**20])
        wait_until(lambda: tus.offset(where) == 2**20)
        own_web.kill()
    tus = own_web.start()

    assert tus.offset(where) == 2**20
    assert tus.patch(where, CONTENT[2**20 : SIZE], 2**20).status_code == 204
    assert data().read_bytes() == CONTENT[:SIZE]


def test_a_server_told_to_stop_ends_requests_and_keeps_their_bytes(own_web):
    tus = own_web.start()
    where = tus.made(SIZE)
    with tus.patching(where, SIZE) as wire:
        wire.send(CONTENT[:1000])
        wait_until(lambda: tus.offset(where) == 1000)
        own_web.child.process.terminate()
        own_web.child.process.wait(180)
    tus = own_web.start()

    assert tus.patch(where, CONTENT[1000:SIZE], 1000).status_code == 204
    assert data().read_bytes() == CONTENT[:SIZE]


def test_a_server_killed_in_an_unverified_chunk_forgets_that_chunk(own_web):
    tus = own_web.start()
    where = tus.made(SIZE)
    tus.patch(where, CONTENT[:1000])
    with tus.patching(where, SIZE - 1000, 1000, {"Upload-Checksum": checksum(b"")}) as wire:
        wire.send(b"wrong" * 10_000)
        wait_until(lambda: data().stat().st_size > 50_000)
        own_web.kill()
    tus = own_web.start()

    assert tus.offset(where) == 1000
    assert tus.patch(where, CONTENT[1000:2000], 1000).status_code == 204
    assert tus.offset(where) == 2000
    assert data().read_bytes() == CONTENT[:2000]


def test_a_file_longer_than_its_upload_counts_no_further(tus):
    where = tus.made(10)
    data().write_bytes(b"x" * 20)

    assert tus.offset(where) == 10


def test_a_server_killed_while_the_purpose_takes_the_file_is_replaced(own_web):
    tus = own_web.start()
    where = tus.made(5, purpose="traced", fail="die")
    with tus.patching(where, 5) as wire:
        wire.send(b"hello")
        wait_until(lambda: own_web.child.process.poll() is not None)
    tus = own_web.start()

    assert TusUpload.objects.get().status == "completing"
    assert tus.offset(where) == 5
    assert TusUpload.objects.get().status == "complete"
    assert traces(where) == ["created", "completed", "completed"]
    assert whole(where).read_bytes() == b"hello"


@pytest.mark.parametrize("action", ["head", "patch", "sweep"])
def test_all_bytes_without_their_last_answer_are_finished_later(tus, action):
    where = tus.made(5)
    # As after a kill between the last write and its note.
    data().write_bytes(b"hello")

    if action == "sweep":
        upkeep.sweep()
    elif action == "head":
        assert tus.head(where).headers["Upload-Resource"] == where
    else:
        assert tus.patch(where, b"", 5).headers["Upload-Resource"] == where

    assert TusUpload.objects.get().status == "complete"


def test_an_upload_whose_file_is_lost_is_410(tus):
    where = tus.made(10)
    parts.remove(TusUpload.objects.get().owner_id, TusUpload.objects.get().pk)

    assert tus.head(where).status_code == 410
    assert tus.patch(where, b"x").status_code == 410
    assert tus.send("DELETE", where).status_code == 204
