"""What tests of accounts share."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings as django_settings
from django.db import connections
from rest_framework.test import APIClient

from core.accounts.models import User
from core.realtime.groups import group_for_account
from tests.support.fixtures import hashed_password
from tests.support.throttling import forget


@pytest.fixture(autouse=True)
def cheap_passwords(request, settings) -> Iterator[None]:
    """Hash with MD5: Django's own hasher takes half a second, and these tests hash a lot.

    Not where a server of its own must read the password too.
    """
    if "platform" not in request.fixturenames:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    hashed_password.cache_clear()
    yield
    hashed_password.cache_clear()


@pytest.fixture(autouse=True)
def no_failures_yet() -> None:
    """Forget the guesses of other tests."""
    forget()


@pytest.fixture
def anyone() -> APIClient:
    """Return a REST client that is nobody."""
    return APIClient()


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(0)` … in as many threads, let go together, each with its own connections."""
    barrier = threading.Barrier(count)

    def one(number: int) -> Any:
        try:
            barrier.wait()
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class Revocations:
    """Listens, as a web process does, to what ends the sockets of an account."""

    def __init__(self, user: User) -> None:
        prefix = django_settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
        self._pubsub = redis.Redis.from_url(django_settings.REDIS_URL).pubsub()
        self._pubsub.subscribe(f"{prefix}__group__{group_for_account(user.pk)}")
        assert self._pubsub.get_message(timeout=60)["type"] == "subscribe"

    def next(self, timeout_s: float = 60.0) -> dict[str, Any] | None:
        """Return the next event, or None when none comes."""
        message = self._pubsub.get_message(timeout=timeout_s)
        return message and get_channel_layer().deserialize(message["data"])

    def close(self) -> None:
        """Hang up."""
        self._pubsub.close()


@pytest.fixture
def revocations(user: User) -> Iterator[Revocations]:
    """Return what listens to the ends of `user`."""
    listening = Revocations(user)
    yield listening
    listening.close()
