"""PATCH: bytes are appended where the upload is, once, by one request at a time."""

import pytest

from core.tus import parts
from core.tus.models import TusUpload
from tests.support.tus_client import CHUNK
from tests.support.waiting import wait_until


@pytest.fixture
def where(tus) -> str:
    """Return the address of an upload of 11 bytes, 6 of which are there."""
    where = tus.made(11)
    tus.patch(where, b"hello ")
    return where


def content_of(upload: TusUpload) -> bytes:
    return parts.data_of(upload.owner_id, upload.pk).read_bytes()


@pytest.mark.parametrize("offset", ["0", "5", "7", "11", "12", "999999999999999999"])
def test_an_offset_that_does_not_fit_is_409(tus, where, offset):
    answer = tus.patch(where, b"world", offset)

    assert answer.status_code == 409
    assert tus.offset(where) == 6


@pytest.mark.parametrize("offset", ["", "-6", "6.0", "six", "6, 6", "1" * 40])
def test_an_offset_that_is_no_number_is_400(tus, where, offset):
    assert tus.patch(where, b"world", offset).status_code == 400
    assert tus.offset(where) == 6


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "multipart/form-data", "x"])
def test_another_content_type_is_415(tus, where, kind):
    assert tus.patch(where, b"world", 6, {"Content-Type": kind}).status_code == 415
    assert tus.offset(where) == 6


def test_more_than_announced_is_413_and_none_of_it_is_kept(tus, where):
    assert tus.patch(where, b"worlds", 6).status_code == 413
    assert tus.offset(where) == 6


def test_more_than_announced_in_an_unmeasured_body_is_413(tus, where):
    assert tus.patch(where, iter([b"wor" * 20_000, b"lds" * 20_000]), 6).status_code == 413
    assert tus.offset(where) == 6


def test_a_huge_body_that_is_refused_is_not_read_to_its_end(tus, where):
    with tus.patching(where, 10 * 2**30, 6) as wire:
        status, headers, body = wire.answer()

    assert status == 413
    assert headers["connection"] == "close"
    assert b"too_large" in body


def test_a_client_that_waits_for_leave_is_refused_without_it(tus, where):
    with tus.patching(where, 5, 0, {"Expect": "100-continue"}) as wire:
        assert wire.answer()[0] == 409


def test_a_client_that_waits_for_leave_gets_it(tus, where):
    with tus.patching(where, 5, 6, {"Expect": "100-continue"}) as wire:
        assert wire.answer()[0] == 100
        wire.send(b"world")
        assert wire.answer()[0] == 204


def test_a_second_writer_at_the_same_time_is_423(tus, where):
    with tus.patching(where, 5, 6) as wire:
        wire.send(b"wo")
        wait_until(lambda: tus.offset(where) == 8)

        assert tus.patch(where, b"rld", 8).status_code == 423
        wire.send(b"rld")
        assert wire.answer()[0] == 204
    assert content_of(TusUpload.objects.get()) == b"hello world"


def test_an_unmeasured_body_is_taken(tus, where):
    assert tus.patch(where, iter([b"wo", b"rld"]), 6).status_code == 204
    assert tus.offset(where) == 11


def test_an_empty_chunk_changes_nothing(tus, where):
    assert tus.patch(where, b"", 6).status_code == 204
    assert tus.offset(where) == 6


def test_the_last_chunk_answered_to_nobody_can_be_asked_for_again(tus, where):
    tus.patch(where, b"world", 6)

    again = tus.patch(where, b"", 11)

    assert again.status_code == 204
    assert again.headers["Upload-Resource"] == where


def test_a_finished_upload_takes_no_more(tus, where):
    tus.patch(where, b"world", 6)

    assert tus.patch(where, b"!", 11).status_code == 413
    assert tus.patch(where, b"world", 6).status_code == 409
    assert content_of(TusUpload.objects.get()) == b"hello world"


def test_many_small_chunks_make_the_file(tus):
    content = bytes(range(200))
    where = tus.made(200)

    for offset in range(0, 200, 10):
        tus.patch(where, content[offset : offset + 10], offset)

    assert content_of(TusUpload.objects.get()) == content


def test_a_large_chunk_arrives_as_it_was_sent(tus):
    content = bytes(range(256)) * 4096 * 5
    where = tus.made(len(content))

    assert tus.patch(where, content).status_code == 204
    assert content_of(TusUpload.objects.get()) == content


def test_the_time_left_begins_anew_with_every_chunk(tus, where):
    before = TusUpload.objects.get().expires_at

    tus.patch(where, b"wo", 6)

    assert TusUpload.objects.get().expires_at > before


def test_a_chunk_without_a_body_says_where_the_upload_is(tus, where):
    answer = tus.send("PATCH", where, headers={"Upload-Offset": "6", "Content-Type": CHUNK})

    assert answer.status_code == 204
    assert answer.headers["Upload-Offset"] == "6"
