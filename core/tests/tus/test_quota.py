"""How much of the disk one account may hold with what is not finished or not used."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from core.errors import Throttled
from core.tus import services
from core.tus.errors import NotFound, TooLarge
from core.tus.models import TusUpload
from tests.support.tus_client import metadata

pytestmark = pytest.mark.django_db(transaction=True)


def create(owner, length=10, **pairs):
    return services.create(
        owner=owner, length_bytes=length, metadata_header=metadata(**pairs), client_ip=None
    )


def test_one_too_many_is_throttled_until_the_first_expires(user, other_user, settings, folders):
    settings.TUS_MAX_PER_USER = 2
    create(user)
    create(user)

    with pytest.raises(Throttled) as refusal:
        create(user)
    assert 86_000 < refusal.value.retry_after_s <= 86_400
    assert len(folders()) == 2
    create(other_user)


def test_too_much_in_all_is_throttled(user, settings):
    settings.TUS_MAX_BYTES_PER_USER = 25
    create(user)
    create(user)

    with pytest.raises(Throttled):
        create(user)
    create(user, 5)


def test_more_than_is_ever_allowed_is_too_large(user, settings):
    settings.TUS_MAX_BYTES_PER_USER = 25

    with pytest.raises(TooLarge):
        create(user, 26)


def test_an_ended_upload_gives_its_place_back(user, settings):
    settings.TUS_MAX_PER_USER = 1
    services.end(create(user))

    assert create(user)


def test_a_finished_file_counts_until_it_is_used(user, settings):
    settings.TUS_MAX_PER_USER = 1
    upload = create(user)
    TusUpload.objects.filter(pk=upload.pk).update(status="complete")

    with pytest.raises(Throttled):
        create(user)
    services.forget(upload)
    assert create(user)


def test_what_has_become_something_else_does_not_count(user, settings):
    settings.TUS_MAX_PER_USER = 1
    upload = create(user, purpose="upload")
    TusUpload.objects.filter(pk=upload.pk).update(status="complete")

    assert create(user)


def test_an_account_that_is_gone_makes_none(user, folders):
    type(user).objects.filter(pk=user.pk).delete()

    with pytest.raises(NotFound):
        create(user)
    assert not folders()


def test_of_many_at_once_exactly_the_quota_passes(user, settings):
    settings.TUS_MAX_PER_USER = 3
    barrier = threading.Barrier(8)

    def one(_: int) -> bool:
        try:
            barrier.wait()
            create(user)
        except Throttled:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(8))) == 3


def test_the_refusal_says_when_to_come_again(own_web):
    tus = own_web.start(TUS_MAX_PER_USER="1")
    tus.made(5)

    answer = tus.create(5)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 80_000
