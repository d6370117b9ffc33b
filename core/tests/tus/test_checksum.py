"""A chunk with a checksum counts when it verifies, and not before."""

import pytest

from core.tus import parts
from core.tus.models import TusUpload
from tests.support.tus_client import checksum
from tests.support.waiting import wait_until


def size() -> int:
    upload = TusUpload.objects.get()
    return parts.data_of(upload.owner_id, upload.pk).stat().st_size


@pytest.mark.parametrize(
    "header",
    ["", "sha1", "sha1 !!!", "sha1 QUJD", "crc32 QUJDRA==", "SHA1 x", checksum(b"", "sha512"),
     "sha256 " + checksum(b"").split()[1]],
)  # fmt: skip
def test_a_checksum_that_cannot_be_read_is_400(tus, header):
    where = tus.made(5)

    assert tus.patch(where, b"hello", 0, {"Upload-Checksum": header}).status_code == 400
    assert tus.offset(where) == 0


def test_other_bytes_are_460_and_thrown_away(tus):
    where = tus.made(10)
    tus.patch(where, b"hello")

    answer = tus.patch(where, b"WORLD", 5, {"Upload-Checksum": checksum(b"world")})

    assert answer.status_code == 460
    assert answer.json()["code"] == "checksum_mismatch"
    assert tus.offset(where) == size() == 5


def test_a_large_chunk_that_does_not_verify_leaves_nothing(tus):
    where = tus.made(2**21)

    answer = tus.patch(where, b"x" * 2**21, 0, {"Upload-Checksum": checksum(b"y")})

    assert answer.status_code == 460
    assert tus.offset(where) == size() == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_the_right_bytes_are_kept(tus, algorithm):
    where = tus.made(5)

    answer = tus.patch(where, b"hello", 0, {"Upload-Checksum": checksum(b"hello", algorithm)})

    assert answer.status_code == 204
    assert tus.offset(where) == 5


def test_after_a_mismatch_the_chunk_can_be_sent_again(tus):
    where = tus.made(5)
    tus.patch(where, b"HELLO", 0, {"Upload-Checksum": checksum(b"hello")})

    assert tus.patch(where, b"hello", 0, {"Upload-Checksum": checksum(b"hello")}).status_code == 204


def test_bytes_that_are_not_verified_yet_are_not_counted(tus):
    where = tus.made(2**20)
    content = b"x" * 2**20

    with tus.patching(where, 2**20, 0, {"Upload-Checksum": checksum(content)}) as wire:
        wire.send(content[:-1])
        wait_until(lambda: size() == 2**20 - 1)
        assert tus.offset(where) == 0
        wire.send(content[-1:])
        assert wire.answer()[0] == 204
    assert tus.offset(where) == 2**20


def test_a_chunk_that_breaks_off_does_not_count(tus):
    where = tus.made(2**20)

    with tus.patching(where, 2**20, 0, {"Upload-Checksum": checksum(b"")}) as wire:
        wire.send(b"x" * 1000)
        wait_until(size)

    wait_until(lambda: not size())
    assert tus.offset(where) == 0


def test_more_than_announced_is_413_and_none_of_it_stays(tus):
    where = tus.made(6)
    tus.patch(where, b"a")

    answer = tus.patch(where, iter([b"abc", b"abcd"]), 1, {"Upload-Checksum": checksum(b"abcabcd")})

    assert answer.status_code == 413
    assert tus.offset(where) == size() == 1


def test_an_empty_chunk_is_verified_too(tus):
    where = tus.made(5)
    tus.patch(where, b"hello")

    assert tus.patch(where, b"", 5, {"Upload-Checksum": checksum(b"x")}).status_code == 460
    assert tus.patch(where, b"", 5, {"Upload-Checksum": checksum(b"")}).status_code == 204
