"""Strangers at the runners' socket: what they say is not heard, and not written down."""

import logging
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.platform.servers import Server, platform_server
from transcode.runners.hearing import MAX_CHARS, is_said_by_runners
from transcode.runners.socket import with_runners

SOCKET = "/socket.io/?EIO=4&transport=websocket"
NONSENSE = [
    *("x", "", "é", "9", "4", "4x", "40/runners,{", "40/runners,[1]", "42/runners,[1]"),
    *('451-/runners,["x"]', "40" + "[" * 3000, "4" + "9" * 5000, "b!!!", b"", b"\x04\xff"),
]
RUNNERS = [
    *("3", "3probe", "1", "40", "41", "40/runners,", "41/runners,"),
    *('40/runners,{"runnerToken":"ptrt-1"}', '40/runners,"ptrt-1"', "40/runners,null"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return the platform's web process with a log of its own."""
    one = platform_server(tmp_path_factory.mktemp("sockets"), "uvicorn", LOG_LEVEL="INFO")
    yield one
    one.close()


async def nothing(*_: object) -> None:
    """Serve nothing."""


def heard_of(server: Server, *frames: str | bytes) -> str:
    """Send frames on a socket of its own, then knock at no door; return what the log says."""
    before = len(server.text())
    with connect(f"ws://127.0.0.1:{server.port}{SOCKET}", open_timeout=180) as client:
        client.recv(timeout=180)
        with suppress(ConnectionClosed):
            for frame in frames:
                client.send(frame)
            client.send('40/elsewhere,{"runnerToken":"ptrt-secret"}')
            assert client.recv(timeout=180) == '44/elsewhere,"Unable to connect"'
            return server.text()[before:]
    pytest.fail("the socket was closed before it could knock")


@pytest.mark.parametrize("frame", NONSENSE, ids=lambda frame: repr(frame[:12]))
def test_what_no_runner_says_leaves_the_socket_and_the_log_as_they_were(server, frame):
    told = heard_of(server, *[frame] * 20)

    assert "Traceback" not in told
    assert "rror" not in told


def test_what_the_libraries_tell_holds_no_packets_and_passes_what_masks_tokens(server):
    with_runners(nothing)

    assert "ptrt-" not in heard_of(server)
    for name in ("socketio.server", "engineio.server"):
        assert logging.getLogger(name).handlers == []
        assert logging.getLogger(name).level == logging.ERROR


@pytest.mark.parametrize("text", RUNNERS)
def test_what_runners_say_is_heard(text):
    assert is_said_by_runners({"type": "websocket.receive", "text": text})


@pytest.mark.parametrize("frame", NONSENSE, ids=lambda frame: repr(frame[:12]))
def test_what_runners_never_say_is_not_heard(frame):
    kind = "text" if isinstance(frame, str) else "bytes"

    assert not is_said_by_runners({"type": "websocket.receive", kind: frame})


def test_a_connect_that_is_longer_than_any_token_is_not_heard():
    text = '40/runners,{"runnerToken":"' + "a" * MAX_CHARS + '"}'

    assert not is_said_by_runners({"type": "websocket.receive", "text": text})
