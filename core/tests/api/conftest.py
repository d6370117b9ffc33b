"""What tests of the API's common parts share."""

import pytest


@pytest.fixture(autouse=True)
def cheap_passwords(settings) -> None:
    """Hash with MD5: Django's own hasher takes half a second a test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
