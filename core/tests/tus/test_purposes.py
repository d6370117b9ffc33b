"""What a purpose is told, and what comes of its refusals."""

import pytest

from core.tests.tus.conftest import traces, whole
from core.tus.models import TusUpload
from tests.support.tus_client import CHUNK
from tests.support.waiting import wait_until


def test_a_refusal_at_the_creation_stores_nothing(traced, folders):
    answer = traced.create(5, purpose="traced", refuse="created")

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"filename": ["Not this one."]}
    assert not folders()
    assert not TusUpload.objects.exists()


def test_content_refused_after_a_chunk_ends_the_upload(traced, folders):
    where = traced.made(10, purpose="traced", refuse="grew")

    answer = traced.patch(where, b"hello")

    assert answer.status_code == 400
    assert answer.json()["detail"] == "This is no picture of a cat."
    assert traces(where) == ["created", "grew 5 True", "ended"]
    assert traced.head(where).status_code == 404
    assert not folders()


def test_content_refused_while_it_arrives_ends_the_request(traced, folders):
    where = traced.made(2**30, purpose="traced", refuse="grew")

    with traced.patching(where, 2**30) as wire:
        wire.send(b"x")
        wait_until(lambda: traced.offset(where) == 1)

        def is_refused() -> bool:
            wire.send(b"x" * 100)
            return "ended" in traces(where)

        wait_until(is_refused)
        wire.send(b"x" * 100)
        assert wire.answer()[0] == 400
    assert not folders()


def test_content_refused_at_the_end_is_400_and_gone(traced, folders):
    where = traced.made(5, purpose="traced", refuse="completed")

    assert traced.patch(where, b"hello").status_code == 400
    assert traces(where) == ["created", "completed", "ended"]
    assert traced.head(where).status_code == 404
    assert not folders()


def test_a_creation_whose_whole_content_is_refused_leaves_nothing(traced, folders):
    answer = traced.create(5, b"hello", purpose="traced", refuse="completed")

    assert answer.status_code == 400
    assert not folders()
    assert not TusUpload.objects.exists()


def test_what_it_becomes_is_named_from_the_creation_on(traced):
    answer = traced.create(5, purpose="traced")
    where = answer.headers["Location"]
    resource = answer.headers["Upload-Resource"]

    assert resource.startswith("/traced/")
    assert traced.head(where).headers["Upload-Resource"] == resource
    assert traced.patch(where, b"hello").headers["Upload-Resource"] == resource


def test_a_finished_upload_is_taken_once_and_its_folder_goes(traced, folders):
    where = traced.made(5, purpose="traced")
    traced.patch(where, b"hello")
    traced.head(where)
    traced.patch(where, b"", 5)

    assert whole(where).read_bytes() == b"hello"
    assert traces(where) == ["created", "completed"]
    assert not folders()


def test_growth_is_told_while_the_bytes_arrive(traced):
    where = traced.made(2**24, purpose="traced")

    with traced.patching(where, 2**24) as wire:

        def has_grown() -> bool:
            wire.send(b"x" * 1000)
            return len(traces(where)) >= 3

        wait_until(has_grown)
        assert TusUpload.objects.get().offset_bytes > 0
    offsets = [int(line.split()[1]) for line in traces(where)[1:]]
    assert offsets == sorted(offsets)
    assert all(line.endswith("True") for line in traces(where)[1:])


def test_unverified_bytes_are_not_told(traced):
    where = traced.made(10, purpose="traced")

    traced.patch(where, b"hello", 0, {"Upload-Checksum": "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="})

    assert traces(where) == ["created"]


def test_a_purpose_that_fails_for_now_is_tried_again_by_the_next_request(traced):
    where = traced.made(5, purpose="traced", fail="once")

    first = traced.patch(where, b"hello")
    assert first.status_code == 503
    assert traced.offset(where) == 5
    assert whole(where).read_bytes() == b"hello"
    assert traces(where) == ["created", "completed", "completed"]


def test_an_upload_whose_address_nobody_has_learnt_is_not_taken_later(traced, folders):
    answer = traced.create(5, b"hello", purpose="traced", fail="once")

    assert answer.status_code == 503
    assert not TusUpload.objects.exists()
    assert not folders()


@pytest.mark.parametrize("method", ["HEAD", "PATCH"])
def test_a_purpose_that_crashes_is_tried_again_by_the_next_request(traced, method):
    where = traced.made(5, purpose="traced", fail="crash")
    headers = {"Upload-Offset": "0", "Content-Type": CHUNK}
    assert traced.http.patch(where, content=b"hello", headers=headers).status_code == 500

    again = traced.send(method, where, headers={**headers, "Upload-Offset": "5"})

    assert again.status_code < 300
    assert whole(where).read_bytes() == b"hello"


def test_what_is_being_completed_is_not_terminated_halfway(traced):
    where = traced.made(5, purpose="traced", fail="once")
    traced.patch(where, b"hello")

    assert traced.send("DELETE", where).status_code == 204
    assert traces(where) == ["created", "completed", "completed"]
