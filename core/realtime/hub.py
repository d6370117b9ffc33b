"""The hub: one Redis subscription per process and group, however many sockets listen.

It listens on the channels of `RedisPubSubChannelLayer` and speaks that layer's wire
form, so whatever is sent with `group_send` or `core.realtime.publish` arrives. It does
not go through the layer's `group_add`, which neither waits for Redis to confirm a
subscription nor tells that a connection was made anew (docs/decisions/).

A subscriber is anything with `deliver(event)` and `resync()`. Both are called on the
event loop and must not wait.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

import redis.asyncio
from channels.layers import get_channel_layer
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.realtime.loops import per_loop
from core.realtime.publish import Event, channel_of

logger = logging.getLogger(__name__)

JOIN_PATIENCE_S = 5.0
RECONNECT_AFTER_S = 0.2
PING_AFTER_S = 5.0
# Keeps the connection subscribed while there is no group; nobody publishes here.
IDLE_CHANNEL = "medialoom.hub"
# A broadcast to very many sockets lets the loop breathe after so many of them.
DELIVERIES_A_TURN = 250


class Subscriber(Protocol):
    """Whoever wants the events of a group."""

    def deliver(self, event: Event) -> None:
        """Take one event. Must not wait and should not raise."""

    def resync(self) -> None:
        """Events may have been lost: read the rows again, in a task of its own."""


class HubUnavailable(Exception):  # noqa: N818 - it says what happened
    """Redis did not confirm a subscription in time."""


class _Group:
    """The subscribers of one group, and whether Redis has confirmed its subscription."""

    def __init__(self) -> None:
        self.subscribers: dict[Subscriber, None] = {}
        self.confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.was_lost = False

    def lose(self) -> None:
        """The connection is gone, and with it whatever was sent until the next one."""
        if self.confirmed.done():
            self.was_lost = True
            self.confirmed = asyncio.get_running_loop().create_future()


class Hub:
    """The subscriptions of one process and event loop; `hub()` gives the running loop's."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._names: dict[bytes, str] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def join(self, group: str, subscriber: Subscriber) -> None:
        """Subscribe: what is published after this returns is delivered.

        Raises: `HubUnavailable` when Redis is away.
        """
        entry = self._groups.get(group)
        if entry is None:
            entry = self._groups[group] = _Group()
            self._names[channel_of(group).encode()] = group
            self._changed.set()
        entry.subscribers[subscriber] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(JOIN_PATIENCE_S):
                await asyncio.shield(entry.confirmed)
        except TimeoutError as error:
            self.leave(group, subscriber)
            raise HubUnavailable from error

    def leave(self, group: str, subscriber: Subscriber) -> None:
        """Stop delivering a group's events to a subscriber; harmless when it never joined."""
        entry = self._groups.get(group)
        if entry is None:
            return
        entry.subscribers.pop(subscriber, None)
        if not entry.subscribers:
            del self._groups[group]
            del self._names[channel_of(group).encode()]
            self._changed.set()

    async def _run(self) -> None:
        """Keep one connection to Redis, for as long as the loop runs."""
        while True:
            try:
                async with _client() as client, client.pubsub() as pubsub:
                    async with asyncio.timeout(PING_AFTER_S):
                        await pubsub.subscribe(IDLE_CHANNEL)
                    await self._serve(pubsub)
            except (RedisError, OSError) as error:
                logger.warning("the connection for events was lost: %s", type(error).__name__)
            for entry in self._groups.values():
                entry.lose()
            await asyncio.sleep(RECONNECT_AFTER_S)

    async def _serve(self, pubsub: PubSub) -> None:
        """Subscribe and read side by side, until either fails.

        No TaskGroup: that of Python 3.11 forgets that it was cancelled itself when a task
        in it fails on the way out, and this loop would then go on for ever.
        """
        both = [
            asyncio.create_task(self._keep_subscribed(pubsub)),
            asyncio.create_task(self._read(pubsub)),
        ]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _keep_subscribed(self, pubsub: PubSub) -> None:
        """Make Redis' idea of our subscriptions equal to ours, again after each change."""
        subscribed: set[str] = set()
        while True:
            self._changed.clear()
            wanted = set(self._groups)
            # One that was left and joined again is subscribed again: Redis confirms it anew.
            new = {g for g, entry in self._groups.items() if not entry.confirmed.done()}
            if gone := subscribed - wanted:
                await pubsub.unsubscribe(*map(channel_of, gone))
            if new := new | (wanted - subscribed):
                await pubsub.subscribe(*map(channel_of, new))
            subscribed = wanted
            await self._changed.wait()

    async def _read(self, pubsub: PubSub) -> None:
        """Take what Redis sends. Raises: `RedisError` when it has gone silent."""
        is_silent = False
        while True:
            message = await pubsub.get_message(timeout=PING_AFTER_S)
            if message is not None:
                is_silent = False
                await self._take(message)
            elif is_silent:
                raise redis.ConnectionError("Redis does not answer")
            else:
                is_silent = True
                await pubsub.ping()

    async def _take(self, message: dict[str, Any]) -> None:
        group = self._names.get(message["channel"])
        if group is None:
            return
        if message["type"] == "subscribe":
            self._confirm(self._groups[group])
        elif message["type"] == "message" and (event := _event(message["data"])):
            await self._hand_out(group, event)

    def _confirm(self, entry: _Group) -> None:
        if not entry.confirmed.done():
            entry.confirmed.set_result(None)
        if entry.was_lost:
            entry.was_lost = False
            for subscriber in tuple(entry.subscribers):
                _guarded(subscriber.resync)

    async def _hand_out(self, group: str, event: Event) -> None:
        """Deliver to everyone in the group; one that fails does not hold up the others."""
        for number, subscriber in enumerate(tuple(self._groups[group].subscribers), start=1):
            try:
                subscriber.deliver(event)
            except Exception:  # an app's own, whatever it is: the others still have to hear
                logger.exception("an event of %s was not delivered", event.name)
            if number % DELIVERIES_A_TURN == 0:
                await asyncio.sleep(0)


def _guarded(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:  # a socket's own, whatever it is: the others still have to read
        logger.exception("a socket could not read its rows again")


def _event(data: bytes) -> Event | None:
    """Decode what was published; something foreign in a group is logged and left."""
    try:
        message = get_channel_layer().deserialize(data)
        if message.pop("type") != "hub.event":
            return None
        message.pop("group", None)
        return Event(**message)
    except Exception:  # whatever decoding foreign bytes may raise: the hub lives on
        logger.exception("a message in a group is not an event")
        return None


def _client() -> "redis.asyncio.Redis[bytes]":
    """Make a client that reports a lost connection at once: the hub connects anew itself.

    Without a socket timeout, for which `_read` has its pings: with one, redis-py sends
    through `asyncio.wait_for`, and that of Python 3.11 may swallow a cancellation.
    """
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=2,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 0),
    )


hub = per_loop(Hub)
