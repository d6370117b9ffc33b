"""What clients send cannot look like a line of the log, nor steer the terminal that shows it."""

from collections.abc import Iterator

import pytest

from tests.platform.servers import Server, platform_server, read_all
from tests.support.waiting import wait_until

FORGED = "%0a2030-01-01T00:00:00Z%20[error]%20everything%20is%20lost"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """Return the platform's web process, logging for people."""
    folder = tmp_path_factory.mktemp("log")
    one = platform_server(folder, "uvicorn", LOG_FORMAT="console", LOG_LEVEL="INFO")
    yield one
    one.close()


def line_about(server: Server, target: str, word: str) -> str:
    """Ask for an address; return the rest of the log from the word that stands in it."""
    with server.connect() as client:
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        client.sendall(request.encode())
        read_all(client)
    return wait_until(lambda: server.text().partition(word)[2])


def test_an_address_with_a_new_line_stays_on_its_line(server: Server):
    rest = line_about(server, f"/forge{FORGED}", "/forge")

    assert rest.startswith("\\n2030-01-01T00:00:00Z [error] everything is lost")


@pytest.mark.parametrize(
    ("name", "sent", "shown"),
    [
        ("return", "%0d", "\\r"),
        ("escape", "%1b[2J", "\\x1b[2J"),
        ("nul", "%00", "\\x00"),
        ("next-line", "%c2%85", "\\x85"),
        ("separator", "%e2%80%a8", "\\u2028"),
    ],
)
def test_control_characters_of_an_address_are_shown_not_sent(server: Server, name, sent, shown):
    rest = line_about(server, f"/{name}={sent}.", f"/{name}=")

    assert rest.startswith(f"{shown}.")
