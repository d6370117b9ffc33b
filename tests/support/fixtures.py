"""A pytest plugin: accounts, clients, and a running platform."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from django.contrib.auth.hashers import make_password
from hypothesis import settings as properties
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from tests.support.environment import Environment, environment
from tests.support.running import Platform

PASSWORD = "correct horse battery"
# Property tests try the same examples each time, in whatever time they take: a suite that was green
# stays green on another machine. `pytest --hypothesis-profile=default` looks for new ones.
properties.register_profile("repeatable", derandomize=True, deadline=None)
properties.load_profile("repeatable")


@cache
def hashed_password() -> str:
    """Return the hash of `PASSWORD`, which costs half a second on purpose: once for all tests."""
    return make_password(PASSWORD)


def make_account(email: str, **more):
    """Save an account whose password is `PASSWORD`."""
    from core.accounts.models import User

    account = User.objects.create_user(email, **more)
    User.objects.filter(pk=account.pk).update(password=hashed_password())
    account.password = hashed_password()
    return account


@pytest.fixture
def user(db):
    """Return a saved account."""
    return make_account("ada@example.org")


@pytest.fixture
def other_user(db):
    """Return another saved account."""
    return make_account("grace@example.org")


@pytest.fixture
def staff(db):
    """Return a saved administrator."""
    return make_account("root@example.org", role="admin", is_superuser=True)


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


_RUNNING: list[Platform] = []


@pytest.fixture
def alone() -> None:
    """End the platform's processes, if other tests have started them: nobody else acts."""
    for platform in _RUNNING:
        platform.rest()


@pytest.fixture(scope="session")
def running(django_db_setup, django_db_blocker: DjangoDbBlocker) -> Iterator[Platform]:
    """Return the processes, started once for all tests of this worker."""
    with django_db_blocker.unblock():
        processes = Platform()
    _RUNNING.append(processes)
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
