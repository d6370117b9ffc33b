"""What tests of pages share."""

from collections.abc import Iterator

import pytest

from core.realtime.publish import connection
from tests.support.fixtures import hashed_password


@pytest.fixture(autouse=True)
def cheap_passwords(settings) -> Iterator[None]:
    """Hash with MD5, since Django's own hasher takes half a second; leave none to other tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    hashed_password.cache_clear()
    yield
    hashed_password.cache_clear()


@pytest.fixture(autouse=True)
def no_failures_yet() -> None:
    """Forget the guesses of other tests."""
    for key in connection().scan_iter("medialoom:throttle:*"):
        connection().delete(key)
