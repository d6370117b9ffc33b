"""A finished `file` is used once, by its owner, together with what it is used for."""

import os
from uuid import UUID

import pytest
from django.db import transaction

from core.errors import FieldErrors
from core.tests.tus.conftest import id_of
from core.tus import services
from core.tus.errors import Gone, NotFound
from core.tus.models import TusUpload
from tests.support.tus_client import TusClient

UNKNOWN = UUID("00000000-0000-4000-8000-000000000000")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def finished(tus: TusClient) -> str:
    """Return the id of a finished file."""
    where = tus.made(5, filename="../été.txt", filetype="text/plain")
    tus.patch(where, b"hello")
    return id_of(where)


def take(owner, upload_id):
    with transaction.atomic():
        return services.take_file(owner=owner, upload_id=upload_id)


@pytest.mark.parametrize("name", [UNKNOWN, str(UNKNOWN), "", "nonsense", "../../etc/passwd", "\0"])
def test_what_is_not_there_cannot_be_taken(user, name):
    with pytest.raises(NotFound):
        take(user, name)


def test_anothers_file_cannot_be_taken(finished, other_user):
    with pytest.raises(NotFound):
        take(other_user, finished)


def test_an_unfinished_file_cannot_be_taken(tus, user):
    with pytest.raises(FieldErrors):
        take(user, id_of(tus.made(5)))


def test_what_is_for_another_purpose_cannot_be_taken(tus, user):
    where = tus.made(5, purpose="upload")
    TusUpload.objects.update(status="complete")

    with pytest.raises(FieldErrors):
        take(user, id_of(where))


def test_a_file_cannot_be_taken_outside_of_a_transaction(finished, user):
    with pytest.raises(RuntimeError):
        services.take_file(owner=user, upload_id=finished)


def test_a_taken_file_is_linked_and_its_upload_is_gone(finished, user, tmp_path):
    target = tmp_path / "mine"
    with transaction.atomic():
        found = services.take_file(owner=user, upload_id=finished)
        os.link(found.path, target)

    assert target.read_bytes() == b"hello"
    assert (found.filename, found.filetype, found.size_bytes) == ("../été.txt", "text/plain", 5)
    assert not found.path.exists()
    with pytest.raises(NotFound):
        take(user, finished)


def test_a_transaction_that_fails_leaves_the_file(finished, user):
    with transaction.atomic():
        services.take_file(owner=user, upload_id=finished)
        transaction.set_rollback(True)

    assert take(user, finished).size_bytes == 5


def test_a_file_that_is_lost_is_gone(finished, user):
    services.find_file(owner=user, upload_id=finished).path.unlink()

    with pytest.raises(Gone):
        take(user, finished)
