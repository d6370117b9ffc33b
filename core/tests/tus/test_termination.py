"""DELETE: an upload ends, and what was made of it is undone."""

import pytest

from core.tests.tus.conftest import traces
from core.tus.models import TusUpload
from tests.support.tus_client import TUS
from tests.support.waiting import wait_until


def test_what_is_not_there_cannot_be_ended(tus):
    assert tus.send("DELETE", f"{TUS}00000000-0000-4000-8000-000000000000/").status_code == 404


def test_an_ended_upload_is_gone_with_its_file(tus, folders):
    where = tus.made(5)
    tus.patch(where, b"he")

    assert tus.send("DELETE", where).status_code == 204
    assert tus.head(where).status_code == 404
    assert tus.patch(where, b"llo", 2).status_code == 404
    assert tus.send("DELETE", where).status_code == 404
    assert not folders()
    assert not TusUpload.objects.exists()


def test_the_purpose_undoes_what_it_did(traced):
    where = traced.made(5, purpose="traced")
    traced.patch(where, b"he")

    traced.send("DELETE", where)

    assert traces(where) == ["created", "grew 2 True", "ended"]


def test_a_writer_at_work_is_told(tus, folders):
    where = tus.made(2**20)
    with tus.patching(where, 2**20) as wire:
        wire.send(b"x" * 1000)
        wait_until(lambda: tus.offset(where) == 1000)

        assert tus.send("DELETE", where).status_code == 204
        wire.send(b"x" * (2**20 - 1000))
        assert wire.answer()[0] == 410
    assert not folders()


def test_a_finished_file_can_be_thrown_away(tus, folders):
    where = tus.made(5)
    tus.patch(where, b"hello")

    assert tus.send("DELETE", where).status_code == 204
    assert tus.head(where).status_code == 404
    assert not folders()


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_finished_upload_has_become_stays(traced, times):
    where = traced.made(5, purpose="traced")
    traced.patch(where, b"hello")

    assert traced.send("DELETE", where).status_code == 204
    assert "ended" not in traces(where)
