"""The hub against a real Redis: in order, nothing lost, nobody held up."""

import asyncio
import contextlib
import json
import threading

import pytest
from channels.layers import get_channel_layer

from core.realtime import hub as hub_module
from core.realtime.hub import Hub, HubUnavailable
from core.realtime.publish import Event, channel_of, connection, publish


class Listener:
    """A subscriber that remembers what it was told."""

    def __init__(self):
        self.events = []
        self.resyncs = 0
        self.changed = asyncio.Event()

    def deliver(self, event):
        self.events.append(event)
        self.changed.set()

    def resync(self):
        self.resyncs += 1
        self.changed.set()

    @property
    def texts(self):
        return [event.text for event in self.events]

    async def until(self, predicate):
        async with asyncio.timeout(180):
            while not predicate(self):
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def hub():
    hub = Hub()
    yield hub
    if hub._task is not None:
        hub._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await hub._task


def subscribers_of(group):
    return connection().pubsub_numsub(channel_of(group))[0][1]


async def until(predicate):
    async with asyncio.timeout(180):
        while not await asyncio.to_thread(predicate):
            await asyncio.sleep(0.01)


async def test_joining_fails_when_redis_is_away(hub, monkeypatch, settings):
    monkeypatch.setattr(hub_module, "JOIN_PATIENCE_S", 0.3)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    listener = Listener()

    with pytest.raises(HubUnavailable):
        await hub.join("g", listener)
    assert not hub._groups


async def test_what_is_published_right_after_join_is_delivered(hub):
    for number in range(200):
        listener = Listener()
        group = f"fresh.{number}"
        await hub.join(group, listener)
        publish([group], Event(name="x", text="first"))
        await listener.until(lambda one: one.texts == ["first"])


async def test_events_arrive_whole_and_in_order(hub):
    listener = Listener()
    await hub.join("g", listener)
    event = Event("x", '{"é":1}', topic="t", is_final=True, origin="me", data={"n": [1]})
    for number in range(500):
        publish(["g"], Event(name="x", text=str(number)))
    publish(["g"], event)

    await listener.until(lambda one: len(one.events) == 501)
    assert listener.texts[:500] == [str(number) for number in range(500)]
    assert listener.events[-1] == event


async def test_an_event_goes_to_its_groups_only(hub):
    one, other = Listener(), Listener()
    await hub.join("one", one)
    await hub.join("other", other)
    publish(["one"], Event(name="x", text="a"))
    publish(["other"], Event(name="x", text="b"))

    await other.until(lambda listener: listener.texts)
    assert (one.texts, other.texts) == (["a"], ["b"])


async def test_many_sockets_make_one_subscription(hub):
    listeners = [Listener() for _ in range(100)]
    await asyncio.gather(*(hub.join("many", listener) for listener in listeners))
    assert subscribers_of("many") == 1

    publish(["many"], Event(name="x", text="a"))
    await listeners[-1].until(lambda one: one.texts)
    assert all(listener.texts == ["a"] for listener in listeners)


async def test_the_subscription_ends_with_the_last_subscriber(hub):
    one, other = Listener(), Listener()
    await hub.join("g", one)
    await hub.join("g", other)
    hub.leave("g", one)
    publish(["g"], Event(name="x", text="a"))
    await other.until(lambda listener: listener.texts)
    assert one.texts == []

    hub.leave("g", other)
    await until(lambda: subscribers_of("g") == 0)


async def test_leaving_twice_or_without_joining_is_harmless(hub):
    listener = Listener()
    hub.leave("g", listener)
    await hub.join("g", listener)
    hub.leave("g", listener)
    hub.leave("g", listener)


async def test_who_leaves_and_joins_again_at_once_misses_nothing(hub):
    listener = Listener()
    for number in range(50):
        await hub.join("g", listener)
        publish(["g"], Event(name="x", text=str(number)))
        await listener.until(lambda one, n=number: str(n) in one.texts)
        hub.leave("g", listener)


async def test_a_subscriber_that_fails_does_not_hold_up_the_others(hub):
    class Broken(Listener):
        def deliver(self, event):
            raise RuntimeError("broken")

    broken, sound = Broken(), Listener()
    await hub.join("g", broken)
    await hub.join("g", sound)
    publish(["g"], Event(name="x", text="a"))
    publish(["g"], Event(name="x", text="b"))

    await sound.until(lambda one: one.texts == ["a", "b"])


async def test_foreign_messages_in_a_group_end_nothing(hub):
    listener = Listener()
    await hub.join("g", listener)
    layer = get_channel_layer()
    foreign = [b"", b"\xff\x00", json.dumps({"type": "hub.event"}).encode()]
    foreign += [layer.serialize({"type": "other"}), layer.serialize(["hub.event"])]
    foreign += [layer.serialize({"type": "hub.event", "unknown": 1})]
    for message in foreign:
        connection().publish(channel_of("g"), message)
    publish(["g"], Event(name="x", text="a"))

    await listener.until(lambda one: one.texts == ["a"])


async def test_what_channels_sends_to_the_group_arrives_too(hub):
    listener = Listener()
    await hub.join("g", listener)
    layer = get_channel_layer()
    await layer.group_send("g", {"type": "hub.event", "name": "x", "text": "a"})
    await listener.until(lambda one: one.texts == ["a"])
    await layer.flush()


async def test_after_a_lost_connection_subscribers_are_told_and_get_events_again(hub):
    listener = Listener()
    await hub.join("g", listener)
    connection().client_kill_filter(_type="pubsub")

    await listener.until(lambda one: one.resyncs == 1)
    publish(["g"], Event(name="x", text="a"))
    await listener.until(lambda one: one.texts == ["a"])
    assert listener.resyncs == 1


async def test_after_a_restart_of_redis_subscribers_are_told_and_get_events_again(hub, machine):
    listener = Listener()
    await hub.join("g", listener)
    await asyncio.to_thread(machine.restart_redis)

    await listener.until(lambda one: one.resyncs)
    publish(["g"], Event(name="x", text="a"))
    await listener.until(lambda one: one.texts == ["a"])


async def test_one_who_joins_while_redis_is_away_gets_in_once_it_is_back(hub, machine):
    listener = Listener()
    await hub.join("other", Listener())
    machine.stop_redis()
    joining = asyncio.create_task(hub.join("g", listener))
    await asyncio.sleep(0.5)
    assert not joining.done()
    await asyncio.to_thread(machine.restart_redis)
    await joining

    publish(["g"], Event(name="x", text="a"))
    await listener.until(lambda one: one.texts == ["a"])
    assert listener.resyncs == 0


async def test_events_published_from_many_threads_all_arrive(hub):
    listener = Listener()
    await hub.join("g", listener)

    def send_some():
        for _ in range(100):
            publish(["g"], Event(name="x", text="a"))

    threads = [threading.Thread(target=send_some) for _ in range(5)]
    for thread in threads:
        thread.start()
    await listener.until(lambda one: len(one.events) == 500)


def test_publishing_without_redis_raises_nothing(settings, monkeypatch):
    import redis

    nowhere = redis.Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr("core.realtime.publish.connection", lambda: nowhere)

    publish(["g"], Event(name="x", text="a"))
