"""POST: an upload is announced, perhaps with its first bytes, or nothing is stored."""

import pytest

from core.tus.models import TusUpload
from tests.support.tus_client import CHUNK, TUS, checksum


def refused(tus, folders, status, **sent):
    answer = tus.send("POST", **sent)

    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Location" not in answer.headers
    assert not TusUpload.objects.exists()
    assert not folders()
    return answer.json()


@pytest.mark.parametrize(
    "length", [None, "", "-1", "+5", "1.5", "0x5", "٣", "5, 5", "9" * 30, "5 5"]
)
def test_a_length_that_is_no_number_is_400(tus, folders, length):
    headers = {"Upload-Length": length.encode()} if length is not None else {}

    problem = refused(tus, folders, 400, headers=headers)

    assert "Upload-Length" in problem["errors"]


def test_a_length_to_come_later_is_not_offered(tus, folders):
    problem = refused(tus, folders, 400, headers={"Upload-Defer-Length": "1"})

    assert "Upload-Defer-Length" in problem["errors"]


def test_an_upload_in_parallel_parts_is_not_offered(tus, folders):
    headers = {"Upload-Length": "5", "Upload-Concat": "partial"}

    assert "Upload-Concat" in refused(tus, folders, 400, headers=headers)["errors"]


def test_more_than_is_ever_taken_is_413(tus, folders):
    refused(tus, folders, 413, headers={"Upload-Length": str(20 * 2**30 + 1)})


@pytest.mark.parametrize(
    "metadata",
    [
        "purpose",
        "purpose bm9uZQ==",  # "none"
        "purpose ZmlsZQ==,purpose ZmlsZQ==",
        "filename !!!",
        "filename Zm8",
        "filename AAA=",  # NUL
        "filename /w==",  # no UTF-8
        "filename Zm9v Zm9v",
        ",",
        ", Zm9v",
        "a" * 200,
        ",".join(f"key{n}" for n in range(100)),
        "filename " + "QUFB" * 9000,
    ],
)
def test_malformed_metadata_is_400(tus, folders, metadata):
    headers = {"Upload-Length": "5", "Upload-Metadata": metadata}

    assert "Upload-Metadata" in refused(tus, folders, 400, headers=headers)["errors"]


def test_metadata_in_raw_bytes_is_400(tus, folders):
    headers = {"Upload-Length": "5", "Upload-Metadata": "filename é".encode()}

    refused(tus, folders, 400, headers=headers)


def test_a_body_that_is_no_chunk_is_415(tus, folders):
    headers = {"Upload-Length": "5", "Content-Type": "application/json"}

    refused(tus, folders, 415, headers=headers, content=b"{}")


def test_more_bytes_than_announced_are_413(tus, folders):
    headers = {"Upload-Length": "5", "Content-Type": CHUNK}

    refused(tus, folders, 413, headers=headers, content=b"sixsix")


def test_more_bytes_than_announced_in_an_unmeasured_body_are_413(tus, folders):
    headers = {"Upload-Length": "5", "Content-Type": CHUNK}

    refused(tus, folders, 413, headers=headers, content=iter([b"six", b"six"]))


def test_first_bytes_with_another_checksum_are_460(tus, folders):
    headers = {"Upload-Length": "5", "Content-Type": CHUNK, "Upload-Checksum": checksum(b"other")}

    problem = refused(tus, folders, 460, headers=headers, content=b"hello")

    assert problem["title"] == "Checksum Mismatch"


def test_a_creation_says_where_and_how_long(tus):
    answer = tus.create(5, filename="a.txt")

    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(TUS)
    assert answer.headers["Upload-Offset"] == "0"
    assert answer.headers["Upload-Expires"].endswith("GMT")
    assert "Upload-Resource" not in answer.headers


def test_the_first_bytes_may_come_with_the_creation(tus):
    answer = tus.create(11, b"hello ")

    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == "6"
    assert tus.patch(answer.headers["Location"], b"world", 6).status_code == 204


def test_all_bytes_may_come_with_the_creation(tus):
    answer = tus.create(5, b"hello", {"Upload-Checksum": checksum(b"hello", "sha256")})

    assert answer.status_code == 201
    assert answer.headers["Upload-Resource"] == answer.headers["Location"]


def test_an_empty_file_is_whole_at_once(tus):
    answer = tus.create(0)

    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == "0"
    assert answer.headers["Upload-Resource"] == answer.headers["Location"]


def test_head_says_what_the_creation_has_said(tus):
    where = tus.made(5, filename="naïve.txt", purpose="file")

    answer = tus.head(where)

    assert answer.headers["Upload-Length"] == "5"
    assert answer.headers["Upload-Metadata"].startswith("filename bmHDr3ZlLnR4dA==,purpose ")


def test_an_address_without_its_last_slash_is_the_same_upload(tus):
    where = tus.made(5)

    assert tus.patch(where.rstrip("/"), b"hello").status_code == 204
