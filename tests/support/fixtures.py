"""A pytest plugin: accounts, clients, and a running platform."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from tests.support.environment import Environment, environment
from tests.support.running import Platform

PASSWORD = "correct horse battery"


@pytest.fixture
def user(db):
    """Return a saved account."""
    from core.accounts.models import User

    return User.objects.create_user("ada@example.org", PASSWORD)


@pytest.fixture
def other_user(db):
    """Return another saved account."""
    from core.accounts.models import User

    return User.objects.create_user("grace@example.org", PASSWORD)


@pytest.fixture
def staff(db):
    """Return a saved administrator."""
    from core.accounts.models import User

    return User.objects.create_superuser("root@example.org", PASSWORD)


@pytest.fixture
def access_token() -> "Callable[..., str]":
    """Return the function that makes access tokens."""
    from core.accounts.tokens import access_token

    return access_token


@pytest.fixture
def api(user, access_token) -> APIClient:
    """Return a REST client that is logged in as `user`."""
    return client_of(user, access_token)


def client_of(user, access_token) -> APIClient:
    """Return a REST client that is logged in as the given account."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token(user)}")
    return client


@pytest.fixture(scope="session")
def running(django_db_setup, django_db_blocker: DjangoDbBlocker) -> Iterator[Platform]:
    """Return the processes, started once for all tests of this worker."""
    with django_db_blocker.unblock():
        processes = Platform()
    yield processes
    processes.close()


@pytest.fixture
def platform(running: Platform, transactional_db) -> Iterator[Platform]:
    """Return a running platform on the test database; what a test kills is started again."""
    running.heal()
    yield running
    running.heal()


@pytest.fixture
def machine() -> Environment:
    """Return this process' environment, to restart its Redis."""
    return environment
