"""A reader that does not read holds the sender back; nothing piles up in the server's memory."""

import asyncio
import time
from collections.abc import Iterator

import pytest
import websockets

from tests.platform.endless import TOTAL_BYTES
from tests.platform.servers import Server, endless_server, read_all
from tests.support.waiting import wait_until

# What a server and the system may hold: a part in flight, the buffers of two sockets.
HELD_AT_MOST_BYTES = 24 * 2**20
QUIET_FOR_S = 1.0


@pytest.fixture(params=["uvicorn", "daphne"])
def server(request, tmp_path) -> Iterator[Server]:
    """Return a server that sends 200 MB to whoever asks."""
    one = endless_server(tmp_path, request.param)
    yield one
    one.close()


def sent_bytes(server: Server, kind: str) -> int:
    """Return how much the application could hand over so far."""
    with server.connect() as client:
        client.sendall(
            f"GET /sent/{kind} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        return int(read_all(client).rpartition(b"\r\n")[2])


def until_it_waits(server: Server, kind: str) -> int:
    """Wait until the application hands nothing more over; return how much it did."""
    seen = {"bytes": -1, "since": time.monotonic()}

    def is_still() -> bool:
        now = sent_bytes(server, kind)
        if now != seen["bytes"]:
            seen.update(bytes=now, since=time.monotonic())
        return now > 0 and time.monotonic() - seen["since"] > QUIET_FOR_S

    wait_until(is_still)
    return int(seen["bytes"])


def test_a_slow_reader_of_a_large_response_holds_the_application_back(server: Server):
    before = server.rss_bytes()
    with server.connect(receive_buffer_bytes=2**16) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(1)

        assert until_it_waits(server, "http") < HELD_AT_MOST_BYTES
        assert server.rss_bytes() - before < 2 * HELD_AT_MOST_BYTES

        read = 1
        while read < TOTAL_BYTES:
            read += len(client.recv(2**20))
        assert sent_bytes(server, "http") == TOTAL_BYTES
        assert server.rss_bytes() - before < 2 * HELD_AT_MOST_BYTES


def test_a_reader_that_goes_away_frees_the_application(server: Server):
    with server.connect(receive_buffer_bytes=2**16) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(1)
        until_it_waits(server, "http")

    wait_until(lambda: sent_bytes(server, "http") == TOTAL_BYTES)


async def test_a_socket_that_does_not_read_holds_the_application_back(server: Server):
    before = server.rss_bytes()
    address = f"ws://127.0.0.1:{server.port}/"
    async with websockets.connect(address, max_queue=1, max_size=None) as client:
        held = await asyncio.to_thread(until_it_waits, server, "websocket")

        assert held < HELD_AT_MOST_BYTES
        assert server.rss_bytes() - before < 2 * HELD_AT_MOST_BYTES
        read = sum([len(message) async for message in client])
    assert read == TOTAL_BYTES
