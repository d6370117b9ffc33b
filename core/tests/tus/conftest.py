"""Clients of resumable uploads, on the platform and on one with a purpose that leaves traces."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core.tus import parts
from tests.support.running import Child, Platform, free_port
from tests.support.throttling import forget
from tests.support.tus_client import TusClient

TRACED = {"DJANGO_SETTINGS_MODULE": "tests.support.tus_settings"}


@pytest.fixture(autouse=True)
def fresh_quota():
    """Forget the uploads that earlier tests have made from this address."""
    forget("uploads*")


@pytest.fixture
def tus(platform, user, access_token) -> TusClient:
    """Return a client of `user` on a running server."""
    return TusClient(platform.url, access_token(user))


@pytest.fixture
def other_tus(platform, other_user, access_token) -> TusClient:
    """Return a client of another account."""
    return TusClient(platform.url, access_token(other_user))


@pytest.fixture
def folders() -> Callable[[], list[Path]]:
    """Return the function that lists the folders of all parts."""
    for folder in parts.root().glob("*/*"):
        parts.shutil.rmtree(folder)
    return lambda: list(parts.root().glob("*/*"))


class OwnWeb:
    """A web process of a test's own, to be limited and killed."""

    def __init__(self, platform: Platform, token: str) -> None:
        self._platform, self._token = platform, token
        self.port = free_port()
        self.child: Child | None = None

    def start(self, **env: str) -> TusClient:
        """Start it, or start it again, and return a client."""
        self.child = self._platform.start_web(self.port, **{**TRACED, **env})
        self._platform.wait_for_web(self.port)
        return TusClient(f"http://127.0.0.1:{self.port}", self._token)

    def kill(self) -> None:
        """SIGKILL it."""
        if self.child is not None:
            self.child.kill()


@pytest.fixture
def own_web(platform, user, access_token) -> Iterator[OwnWeb]:
    """Return a web process with the purpose `traced`, not yet started."""
    web = OwnWeb(platform, access_token(user))
    yield web
    web.kill()


@pytest.fixture(scope="module")
def traced_port(running: Platform) -> Iterator[int]:
    """Return the port of a web process with the purpose `traced`, for a module's tests."""
    port = free_port()
    child = running.start_web(port, **TRACED)
    running.wait_for_web(port)
    yield port
    child.kill()


@pytest.fixture
def traced(platform, traced_port, user, access_token) -> TusClient:
    """Return a client where the purpose `traced` is known."""
    return TusClient(f"http://127.0.0.1:{traced_port}", access_token(user))


def id_of(where: str) -> str:
    """Return the id in an upload's address."""
    return where.rstrip("/").rpartition("/")[2]


def traces(where: str) -> list[str]:
    """Return what the purpose was told about an upload."""
    path = Path(settings.DATA_DIR) / "tus-traces" / id_of(where)
    return path.read_text().splitlines() if path.exists() else []


def whole(where: str) -> Path:
    """Return the file that the purpose makes of an upload."""
    return Path(settings.DATA_DIR) / "tus-traces" / f"{id_of(where)}.whole"
