"""Who may connect, how many may, and what becomes of those who do not read (contract, 3.1, 3.4)."""

import asyncio
from ipaddress import ip_network

import pytest

from core.realtime.groups import group_for_media_request
from core.realtime.hub import hub
from core.realtime.loops import in_thread
from core.realtime.publish import Event, publish
from media_api.events import event_of_progress
from media_api.progress import Progress
from media_api.states import State
from media_api.tests.sockets.client import told


async def test_where_a_token_is_required_nobody_comes_in_without(connect, configured):
    configured(auth={"required": True})
    client = connect()

    assert await client.message() == {"type": "websocket.close", "code": 4401}
    assert client.accepted


@pytest.mark.parametrize("is_required", [True, False])
async def test_a_wrong_token_is_always_refused(connect, configured, is_required):
    configured(auth={"required": is_required})
    client = connect(query="token=nonsense")

    assert await client.close_code() == 4401
    assert client.accepted


async def test_a_token_shows_its_users_requests(connect, configured, mine, user_token):
    configured(auth={"required": True})
    for name in ("jwt", "bearer"):
        client = connect(subprotocols=[name, user_token])
        assert (await client.sync(mine.rid))[0]["status"] == 0
        assert client.accepted["subprotocol"] == name


async def test_without_a_token_users_requests_are_unknown(client, mine):
    assert (await client.sync(mine.rid))[0]["status"] == 5


async def test_at_the_end_of_its_token_a_connection_is_closed_4401(connect, mine, short_token):
    client = connect(query=f"token={short_token}")
    client.say("sub", mine.rid)
    assert await client.heard(mine.rid) == []

    assert await client.message() == {"type": "websocket.close", "code": 4401}
    await mine.begin()


async def test_a_foreign_origin_is_refused(connect):
    client = connect(headers=[(b"origin", b"https://evil.example"), (b"host", b"localhost")])

    assert await client.close_code() == 4403


async def test_one_socket_too_many_is_refused_4429(connect, configured, asked):
    configured(auth={"required": False}, limits={"sockets_per_user": 2})
    first, second = connect(), connect()
    await first.heard(asked.rid)
    await second.heard(asked.rid)

    assert await connect().close_code() == 4429
    await first.leave()
    assert await connect().heard(asked.rid) == []


async def test_strangers_behind_a_trusted_proxy_are_counted_by_their_own_addresses(
    connect, configured, asked, settings
):
    configured(auth={"required": False}, limits={"sockets_per_user": 1})
    settings.CORE_TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]

    def coming(*hops):
        return connect(headers=[(b"x-forwarded-for", hop.encode()) for hop in hops])

    assert await coming("198.51.100.7").heard(asked.rid) == []
    assert await coming("198.51.100.8").heard(asked.rid) == []
    assert await coming("2001:db8::1").heard(asked.rid) == []
    assert await coming("203.0.113.9", "198.51.100.7").close_code() == 4429
    # One customer has many addresses of IPv6.
    assert await coming("2001:db8::2").close_code() == 4429


async def test_who_is_not_trusted_cannot_say_another_address(connect, configured, asked):
    configured(auth={"required": False}, limits={"sockets_per_user": 1})

    assert await connect().heard(asked.rid) == []
    assert await connect(headers=[(b"x-forwarded-for", b"198.51.100.7")]).close_code() == 4429


async def test_subscriptions_have_a_limit(client, configured, asked, another):
    configured(auth={"required": False}, websockets={"max_subscriptions": 1})
    client.say("sub", asked.rid)

    refused = {"type": "error", "rid": another.rid, "code": 6}
    assert await client.ask({"type": "sub", "rid": another.rid}) == refused
    client.say("unsub", asked.rid)
    client.say("sub", another.rid)
    assert await client.heard(another.rid) == []


async def test_progress_that_a_slow_reader_missed_is_merged_and_the_rest_is_not(
    client, connect, asked
):
    quick = connect()
    for one in (client, quick):
        one.say("sub", asked.rid)
        await one.heard(asked.rid)
    client.reads.clear()
    await asked.begin()
    for number in (1, 2):
        for progress in (0.1, 0.2, 0.3, 0.4):
            await asked.report(number, progress)
    await asked.succeed()
    whole = told(await quick.until_final())
    client.reads.set()

    assert len(whole) == 13
    assert told(await client.until_final()) == [
        "status 1", "stage 1", "progress 40", "stage 2", "progress 100", "status 2",
    ]  # fmt: skip


async def test_numbers_of_merged_frames_are_not_used_up(connect, asked):
    client = connect(query="extended=1")
    client.say("sub", asked.rid)
    await client.heard(asked.rid)
    client.reads.clear()
    await asked.begin()
    for progress in (0.1, 0.2, 0.3):
        await asked.report(1, progress)
    await asked.fail()
    client.reads.set()
    frames = await client.until_final()

    assert told(frames) == ["status 1", "stage 1", "progress 30", "status 4"]
    assert [frame["seq"] for frame in frames] == [2, 3, 4, 5]


@pytest.mark.parametrize(("count", "is_closed"), [(900, False), (1100, True)])
async def test_a_reader_for_whom_more_than_1000_frames_wait_is_closed_1013(
    client, asked, count, is_closed
):
    client.say("sub", asked.rid)
    await client.heard(asked.rid)
    client.reads.clear()
    await in_thread(publish_stages, asked.rid, count)
    await until_all_came()
    client.reads.set()

    if is_closed:
        assert await client.close_code() == 1013
    else:
        frames = await client.heard(asked.rid)
        assert told(frames) == ["status 1", *(f"stage {n}" for n in range(1, count + 1))]


def publish_stages(rid, count):
    """Publish events of which each brings a frame that may not be dropped."""
    for number in range(1, count + 1):
        progress = Progress(rid, State.PROCESSING, number, count, 0, 0, None, 100 + number)
        publish([group_for_media_request(rid)], event_of_progress(progress))


async def until_all_came():
    """Wait until the last of the events has come to the socket that does not read."""
    listener = Heard()
    await hub().join(group_for_media_request("f" * 32), listener)
    await in_thread(publish, [group_for_media_request("f" * 32)], Event(name="last"))
    async with asyncio.timeout(180):
        await listener.came.wait()
    hub().leave(group_for_media_request("f" * 32), listener)


class Heard:
    """Hears one event: what was published before it has come before it, over one connection."""

    def __init__(self):
        self.came = asyncio.Event()

    def deliver(self, event):
        self.came.set()

    def resync(self):
        """Nothing is lost here."""
