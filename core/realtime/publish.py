"""Sending events to groups, from synchronous code: services, workers, the admin.

An event is a hint, the database row is the truth: an event that cannot be sent is
logged and forgotten, and whoever watches finds out by reading the row. The frame is
encoded once, here, and handed to every socket as it is. It goes out over one pooled
connection in the wire form of `RedisPubSubChannelLayer.group_send`; calling that
through `async_to_sync` would open a new event loop and a new connection each time.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """One change, as it travels from whoever made it to the sockets that watch.

    name      what it is, for relays in the web process, e.g. `job` or `upload.stream`
    text      the frame, ready to be sent; empty when a relay makes the frames itself
    topic     events of one topic that are not final may be merged to the newest
    is_final  never merged, never dropped
    origin    the socket whose command caused it, which gets its answer instead
    data      what a relay needs; never sent to a client as it is
    """

    name: str
    text: str = ""
    topic: str = ""
    is_final: bool = False
    origin: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def message(self) -> dict[str, Any]:
        """The ASGI message that carries `text`, made once for all sockets."""
        return {"type": "websocket.send", "text": self.text}


def encode(frame: object) -> str:
    """Encode a frame as compact JSON; non-ASCII text stays as it is.

    Halves of surrogate pairs, which file names may hold and UTF-8 cannot, become `?`.
    """
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def channel_of(group: str) -> str:
    """Return the Redis channel that `RedisPubSubChannelLayer` uses for a group."""
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]  # type: ignore[index]
    return f"{prefix}__group__{group}"


@cache
def connection() -> "redis.Redis[bytes]":
    """Return this process' Redis client (thread-safe, pooled, re-made after a fork)."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2, health_check_interval=30
    )


def wire_form(groups: Iterable[str], event: Event) -> list[tuple[str, bytes]]:
    """Return channels and payloads, for scripts that publish inside Redis themselves."""
    layer = get_channel_layer()
    content = {"type": "hub.event", **asdict(event)}
    return [
        (channel_of(group), bytes(layer.serialize({**content, "group": group}))) for group in groups
    ]


def publish(groups: Iterable[str], event: Event) -> None:
    """Send `event` to every socket in `groups`. Never raises for a Redis that is away."""
    try:
        pipeline = connection().pipeline(transaction=False)
        for channel, payload in wire_form(groups, event):
            pipeline.publish(channel, payload)
        pipeline.execute()
    except redis.RedisError as error:
        logger.warning("an event of %s was not sent: %s", event.name, type(error).__name__)
