"""What tests of pages share."""

import pytest

from core.realtime.publish import connection


@pytest.fixture(autouse=True)
def cheap_passwords(settings) -> None:
    """Hash with MD5: Django's own hasher takes half a second."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_failures_yet() -> None:
    """Forget the guesses of other tests."""
    for key in connection().scan_iter("medialoom:throttle:*"):
        connection().delete(key)
