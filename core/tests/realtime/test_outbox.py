"""The outbox against a server's `send`: one that takes all, that blocks, that is gone."""

import asyncio
import gc

import pytest

from core.realtime import close_codes
from core.realtime.outbox import Outbox


class Server:
    """A server's side of one socket, whose buffer may be full."""

    def __init__(self):
        self.sent = []
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.is_gone = False
        self.was_stuck = False

    async def send(self, message):
        await self.has_room.wait()
        if self.is_gone:
            raise OSError("gone")
        self.sent.append(message)

    def stuck(self):
        self.was_stuck = True

    @property
    def texts(self):
        return [message.get("text", message.get("code")) for message in self.sent]


@pytest.fixture
async def server():
    return Server()


@pytest.fixture
async def outbox(server):
    outbox = Outbox(server.send, server.stuck)
    yield outbox
    outbox.abandon()


async def test_a_socket_that_reads_gets_a_frame_without_any_task(server, outbox):
    outbox.put("a")

    assert server.texts == ["a"]  # already, with no turn of the loop in between


async def test_frames_for_a_blocked_socket_arrive_in_order_once_it_reads(server, outbox):
    server.has_room.clear()
    for text in ("a", "b", "c"):
        outbox.put(text)
    assert server.texts == []

    server.has_room.set()
    await outbox.flush()

    assert server.texts == ["a", "b", "c"]


async def test_progress_is_merged_while_the_socket_is_blocked_and_the_final_arrives(server, outbox):
    server.has_room.clear()
    outbox.put("first")
    for number in range(10_000):
        outbox.put(f"progress {number}", "job", is_final=False)
    outbox.put("end", "job", is_final=True)

    server.has_room.set()
    await outbox.flush()

    assert server.texts == ["first", "end"]


async def test_the_newest_progress_arrives_when_there_is_no_final(server, outbox):
    server.has_room.clear()
    outbox.put("first")
    for number in range(100):
        outbox.put(f"{number}", "job", is_final=False)

    server.has_room.set()
    await outbox.flush()

    assert server.texts == ["first", "99"]


async def test_a_socket_full_of_finals_is_closed_1013(server, outbox):
    server.has_room.clear()
    for number in range(300):
        outbox.put(f"{number}", "job", is_final=True)
    assert outbox.is_closed

    server.has_room.set()
    await outbox.flush()

    assert server.texts[-1] == close_codes.TRY_AGAIN_LATER


async def test_256_finals_wait_without_harm(server, outbox):
    server.has_room.clear()
    for number in range(257):  # one is in the server's hands, 256 wait
        outbox.put(f"{number}")

    server.has_room.set()
    await outbox.flush()

    assert server.texts == [f"{number}" for number in range(257)]


async def test_text_is_made_only_when_the_socket_can_take_it(server, outbox):
    made = []

    def render():
        made.append(1)
        return "now"

    server.has_room.clear()
    outbox.put("first")
    for _ in range(50):
        outbox.put(render, "ocr", is_final=False)
    assert made == []

    server.has_room.set()
    await outbox.flush()

    assert (server.texts, made) == (["first", "now"], [1])


async def test_a_function_with_nothing_to_say_sends_nothing(server, outbox):
    outbox.put(lambda: None)
    outbox.put(lambda: "b")

    assert server.texts == ["b"]


async def test_close_comes_after_what_waits(server, outbox):
    server.has_room.clear()
    outbox.put("a")
    outbox.put("b")
    outbox.close(1000, "bye")

    server.has_room.set()
    await outbox.flush()

    assert server.texts == ["a", "b", "bye", 1000]


async def test_close_with_discard_drops_what_waits(server, outbox):
    server.has_room.clear()
    outbox.put("a")
    outbox.put("b")
    outbox.close(4401, "expired", discard=True)

    server.has_room.set()
    await outbox.flush()

    assert server.texts == ["a", "expired", 4401]


async def test_nothing_is_sent_after_a_close(server, outbox):
    outbox.close(1000)
    outbox.put("late")
    outbox.close(1001)

    assert server.texts == [1000]


async def test_a_lost_client_ends_the_outbox_quietly(server, outbox):
    server.is_gone = True
    outbox.put("a")

    assert outbox.is_closed
    outbox.put("b")
    assert server.texts == []


async def test_a_client_lost_while_it_blocked_ends_the_outbox_quietly(server, outbox):
    server.has_room.clear()
    outbox.put("a")
    outbox.put("b")
    server.is_gone = True
    server.has_room.set()
    await outbox.flush()

    assert outbox.is_closed


async def test_a_socket_that_never_reads_is_given_up(server, outbox, monkeypatch):
    monkeypatch.setattr("core.realtime.outbox.CLOSE_PATIENCE_S", 0.01)
    server.has_room.clear()
    outbox.put("a")
    outbox.close(4401)
    await asyncio.wait_for(outbox.flush(), 10)

    assert server.was_stuck


async def test_an_abandoned_outbox_leaves_no_coroutine_behind(server, outbox, recwarn):
    server.has_room.clear()
    outbox.put("a")
    outbox.abandon()
    await outbox.flush()
    gc.collect()

    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]
