"""Clients of resumable uploads, and a purpose that tells what it is told."""

import pytest

from core.tests.uploads.conftest import fresh_quota  # noqa: F401 - for all tests here
from core.tus import parts
from tests.support.tus_client import TusClient


@pytest.fixture
def tus(platform, user, access_token) -> TusClient:
    """Return a client of `user` on a running server."""
    return TusClient(platform.url, access_token(user))


@pytest.fixture
def other_tus(platform, other_user, access_token) -> TusClient:
    """Return a client of another account."""
    return TusClient(platform.url, access_token(other_user))


@pytest.fixture
def folders():
    """Return the function that lists the folders of all parts."""
    return lambda: list(parts.root().glob("*/*"))
