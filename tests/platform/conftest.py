"""Platforms of their own for the tests of how the platform starts and stops."""

from collections.abc import Callable, Iterator

import pytest

from tests.platform.launching import Launched


@pytest.fixture
def launch(tmp_path) -> Iterator[Callable[..., Launched]]:
    """Return the function that starts a platform; each ends with the test."""
    started: list[Launched] = []

    def start(name: str = "var", **changes: str) -> Launched:
        started.append(Launched(tmp_path / name, **changes))
        return started[-1]

    yield start
    for launched in started:
        launched.close()


@pytest.fixture(scope="module")
def launched(tmp_path_factory) -> Iterator[Launched]:
    """Return a platform that serves, for tests that break nothing of it for good."""
    one = Launched(tmp_path_factory.mktemp("platform") / "var", LOG_FORMAT="json")
    one.wait_until_ready()
    yield one
    one.close()
