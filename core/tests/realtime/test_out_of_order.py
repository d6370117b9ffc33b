"""A database that is locked or gone is said so on sockets, and is no crash."""

from collections.abc import Callable, Iterator

import pytest

from core.tests.upload_sockets.conftest import UploadClient, encoded, picture
from core.uploads.models import Upload
from tests.support.locking import locked
from tests.support.running import free_port

IMPATIENT = {
    "DJANGO_SETTINGS_MODULE": "tests.support.impatient",
    "PGOPTIONS": "-c lock_timeout=200",
}
SENTENCE = "The platform cannot write at the moment; try again later."


@pytest.fixture
def connect_to(platform, open_socket, user, access_token) -> Iterator[Callable[..., UploadClient]]:
    """Return the function that opens a socket on a web process with an environment of its own."""
    servers = []

    def start(path: str, **env: str) -> UploadClient:
        port = free_port()
        servers.append(platform.start_web(port, **env))
        platform.wait_for_web(port)
        address = f"ws://127.0.0.1:{port}"
        client = open_socket(f"{path}?token={access_token(user)}", base=address)
        return UploadClient(client.connection)

    yield start
    for server in servers:
        server.stop()


def test_a_command_while_the_database_is_locked_is_unavailable_and_changes_nothing(connect_to):
    socket = connect_to("/ws/core/upload/", **IMPATIENT)
    data = {"image_base64": encoded(picture("Locked out"))}

    with locked():
        refused = socket.command("create", data=data)
        assert socket.command("ping")["type"] == "pong"

    assert (refused["type"], refused["code"]) == ("error", "unavailable")
    assert refused["error"] == SENTENCE
    assert "error_id" not in refused
    assert not Upload.objects.exists()
    assert socket.command("create", data=data)["duplicate"] is False


@pytest.mark.parametrize("path", ["/ws/core/upload/", "/ws/jobs/"])
def test_a_socket_that_opens_while_the_database_is_gone_is_unavailable_and_closed(connect_to, path):
    refused = connect_to(path, DATABASE_URL="sqlite:////nowhere/at/all.sqlite3")

    assert refused.rest() == [{"type": "error", "code": "unavailable", "error": SENTENCE}]
    assert refused.connection.close_code == 1013
