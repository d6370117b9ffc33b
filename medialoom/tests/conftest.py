"""What the client's tests share: no waiting, a configuration folder of their own, a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medialoom import pauses
from medialoom.credentials import Tokens
from medialoom.session import Session
from medialoom.tests.servers import Server, http_server


@pytest.fixture(autouse=True)
def config(monkeypatch, tmp_path) -> Path:
    """Keep tokens in a folder of this test's own, and try again at once."""
    monkeypatch.setattr(pauses, "FIRST_S", 0.0)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("MEDIALOOM_URL", "MEDIALOOM_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config" / "medialoom"


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server that answers as a test says."""
    with http_server() as server:
        yield server


@pytest.fixture
def session(server) -> Iterator[Session]:
    """Return a session with that server, whose token can be renewed."""
    session = Session(server.url, Tokens("old", "again"))
    yield session
    session.close()
