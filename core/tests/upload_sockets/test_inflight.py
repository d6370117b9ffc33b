"""What the messages of all sockets may hold of one process' memory (core contract, 2.8)."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from socket import SHUT_RDWR

import pytest
from websockets.exceptions import ConnectionClosed

from core.tests.upload_sockets.conftest import PATH, UploadClient, encoded, picture
from core.tests.upload_sockets.test_large_messages import padded_picture
from core.uploads.models import Upload
from tests.support.locking import locked
from tests.support.running import free_port
from tests.support.waiting import wait_until

MIB = 2**20
LIMITS = {"CORE_WS_MAX_MESSAGE_BYTES": "8 MiB", "CORE_WS_INFLIGHT_BYTES": "12 MiB"}
BUSY = "Too many large messages are under way; try again later."


@pytest.fixture
def web(platform):
    """Return a web process with room for one message of 8 MiB and half of another."""
    port = free_port()
    child = platform.start_web(port, **LIMITS)
    platform.wait_for_web(port)
    child.address = f"ws://127.0.0.1:{port}"
    yield child
    child.stop()


@pytest.fixture
def open_one(web, open_socket, user, access_token) -> Callable[[], UploadClient]:
    """Return the function that opens an upload socket of that process."""

    def connect() -> UploadClient:
        path = f"{PATH}?token={access_token(user)}"
        return UploadClient(open_socket(path, base=web.address, close_timeout=5).connection)

    return connect


def message(size_bytes: int) -> str:
    """Return a `create` of about so many bytes, of a picture that is the same for the same size."""
    data = {"image_base64": encoded(padded_picture(size_bytes * 3 // 4)), "process": False}
    return json.dumps({"type": "create", "request_id": "large", "data": data})


class Unfinished:
    """A message of which all but the last byte is sent, until it is told to finish."""

    def __init__(self, socket: UploadClient, text: str) -> None:
        self.socket, self._text = socket, text
        self._is_begun, self._may_end = threading.Event(), threading.Event()
        self._sending = threading.Thread(target=self._send)
        self._sending.start()
        assert self._is_begun.wait(180)
        assert self.socket.connection.ping().wait(180)  # The server has read all before the ping.

    def finish(self) -> None:
        """Send the last byte."""
        self._may_end.set()
        self._sending.join()

    def _send(self) -> None:
        with suppress(ConnectionClosed):
            self.socket.connection.send(self._fragments())

    def _fragments(self) -> Iterator[str]:
        yield self._text[:-1]
        self._is_begun.set()
        self._may_end.wait(180)
        yield self._text[-1]


def assert_busy(socket: UploadClient) -> None:
    assert socket.rest() == [{"type": "error", "code": "unavailable", "error": BUSY}]
    assert socket.connection.close_code == 1013


def test_a_large_message_without_room_is_told_so_and_closed_1013(open_one):
    first = Unfinished(open_one(), message(7 * MIB))
    second, third = open_one(), open_one()

    with suppress(ConnectionClosed):
        second.send(message(6 * MIB))

    assert_busy(second)
    assert third.create(picture("A small one finds room"), process=False)["duplicate"] is False
    first.finish()
    answer = first.socket.until(lambda frame: frame.get("request_id") == "large")
    assert answer["duplicate"] is False
    assert Upload.objects.count() == 2


def test_room_is_there_again_once_a_message_is_dealt_with(open_one):
    first, second = open_one(), open_one()

    for number in range(6):
        socket = (first, second)[number % 2]
        socket.send(message(7 * MIB + number * 9))
        assert socket.until(lambda frame: "request_id" in frame)["duplicate"] is False


def test_room_is_there_again_once_a_client_has_left_in_the_middle(open_one):
    for _ in range(3):
        half = Unfinished(open_one(), message(7 * MIB))
        half.socket.connection.socket.shutdown(SHUT_RDWR)
        half.finish()
    last = open_one()

    def is_taken() -> bool:
        # The server may take a moment to see that the others have left.
        nonlocal last
        with suppress(ConnectionClosed):
            last.send(message(7 * MIB))
            return "instance" in last.receive()
        last = open_one()
        return False

    wait_until(is_taken)


def test_a_message_that_is_dealt_with_keeps_its_room_though_its_client_has_left(open_one):
    leaving, other = open_one(), open_one()
    with locked():  # The row of the first cannot be written yet.
        leaving.send(message(7 * MIB))
        other.command("ping")
        leaving.connection.socket.shutdown(SHUT_RDWR)
        with suppress(ConnectionClosed):
            other.send(message(6 * MIB))
        assert_busy(other)

    wait_until(Upload.objects.count)


def peak_mib(pid: int) -> float:
    """Return the most that a process has ever had resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def test_of_many_large_messages_at_once_no_more_is_kept_than_there_is_room_for(open_one, web):
    text = message(7 * MIB)
    first = Unfinished(open_one(), text)
    others = [open_one() for _ in range(14)]
    before = peak_mib(web.pid)

    def send(socket: UploadClient) -> None:
        with suppress(ConnectionClosed):
            socket.send(text)

    with ThreadPoolExecutor(len(others)) as pool:
        list(pool.map(send, others))
    for socket in others:
        assert_busy(socket)
    first.finish()

    assert first.socket.until(lambda frame: "request_id" in frame)["duplicate"] is False
    assert peak_mib(web.pid) - before < 50  # all of them are 98
