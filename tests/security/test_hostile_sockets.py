"""Sockets that send or ask for more than the server may keep of them."""

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets

from backend.bounded_ws import MAX_FRAGMENTS
from tests.platform.servers import PAGE_BYTES
from tests.support.waiting import wait_until

MIB = 2**20
TEXT, CONTINUATION, PING = 0x1, 0x0, 0x9
FINAL = 0x80
NO_MASK = b"\0\0\0\0"


class RawSocket:
    """A WebSocket that answers nothing by itself."""

    def __init__(self, platform, query: str = "") -> None:
        address = urlsplit(platform.url)
        self.client = socket.socket()
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.client.settimeout(180)
        self.client.connect((address.hostname, address.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.client.sendall(
            f"GET /ws/core/upload/{query} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}"
            "\r\n\r\n".encode()
        )
        assert self.client.recv(2**12).startswith(b"HTTP/1.1 101 ")

    def send(self, *parts: bytes) -> bool:
        """Send parts one by one; return whether the server took them all within a moment."""
        self.client.settimeout(2)
        try:
            for part in parts:
                self.client.sendall(part)
        except OSError:
            return False
        return True

    def close(self) -> None:
        self.client.close()


@pytest.fixture
def raw(platform) -> Iterator:
    """Return the function that opens a raw socket; each ends with the test."""
    opened: list[RawSocket] = []

    def connect(query: str = "") -> RawSocket:
        opened.append(RawSocket(platform, query))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """Return a short masked frame."""
    return bytes([opcode, 0x80 | len(payload)]) + NO_MASK + payload


def long_frame(size_bytes: int) -> bytes:
    """Return the head of a long masked text frame."""
    return bytes([FINAL | TEXT, 0x80 | 127]) + struct.pack(">Q", size_bytes) + NO_MASK


def resident_bytes(platform) -> int:
    statm = Path(f"/proc/{platform.web.pid}/statm").read_text()
    return int(statm.split()[1]) * PAGE_BYTES


def test_strangers_cannot_have_long_messages_kept(platform, raw):
    before = resident_bytes(platform)

    taken = [raw().send(long_frame(60 * MIB), *[b" " * MIB] * 59) for _ in range(4)]

    assert taken == [False] * 4
    assert resident_bytes(platform) - before < 40 * MIB


def test_a_stranger_who_has_said_too_much_is_still_told_and_let_go(platform, raw):
    stranger = raw()
    stranger.send(long_frame(60 * MIB), *[b" " * MIB] * 59)
    stranger.client.settimeout(180)

    heard = b""
    while part := _received(stranger):
        heard += part

    assert b"auth_required" in heard
    assert (4401).to_bytes(2, "big") in heard


def _received(stranger: RawSocket) -> bytes:
    try:
        return stranger.client.recv(2**12)
    except ConnectionResetError:
        return b""


def test_a_forged_token_is_no_acquaintance(platform, raw):
    before = resident_bytes(platform)

    taken = raw("?token=a.b.c").send(long_frame(60 * MIB), *[b" " * MIB] * 59)

    assert not taken
    assert resident_bytes(platform) - before < 40 * MIB


def test_a_long_message_right_behind_the_token_is_taken(platform, user, access_token):
    async def talk() -> list[dict[str, object]]:
        address = f"{platform.ws_url}/ws/core/upload/"
        async with websockets.connect(address, max_size=None) as client:
            await client.send(json.dumps({"type": "authenticate", "token": access_token(user)}))
            await client.send(json.dumps({"type": "ping", "padding": "x" * 5 * MIB}))
            return [json.loads(await asyncio.wait_for(client.recv(), 60)) for _ in range(2)]

    assert [answer["type"] for answer in asyncio.run(talk())] == ["authenticated", "pong"]


def test_pings_whose_answers_are_not_read_cost_no_memory(platform, user, access_token, raw):
    before = resident_bytes(platform)
    ping = frame(FINAL | PING, b"p" * 125)

    raw(f"?token={access_token(user)}").send(*[ping * 1000] * 500)

    assert resident_bytes(platform) - before < 20 * MIB


def test_a_ping_is_answered_with_its_own_words(platform, user, access_token):
    async def ping() -> None:
        address = f"{platform.ws_url}/ws/core/upload/?token={access_token(user)}"
        async with websockets.connect(address) as client:
            await asyncio.wait_for(await client.ping("hello"), 60)

    asyncio.run(ping())


def test_a_message_of_endlessly_many_fragments_ends_its_socket(platform, user, access_token, raw):
    client = raw(f"?token={access_token(user)}")
    client.send(frame(TEXT))

    wait_until(lambda: not client.send(frame(CONTINUATION) * 1000))


def test_a_message_of_many_fragments_is_put_together(platform, user, access_token):
    async def talk() -> dict[str, object]:
        address = f"{platform.ws_url}/ws/core/upload/?token={access_token(user)}"
        async with websockets.connect(address) as client:
            await client.send(['{"type":', *[" "] * (MAX_FRAGMENTS // 100), '"ping"}'])
            return json.loads(await asyncio.wait_for(client.recv(), 60))

    assert asyncio.run(talk())["type"] == "pong"
