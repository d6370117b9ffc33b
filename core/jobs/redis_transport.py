"""kombu's Redis transport, without the fault that ends a worker when Redis restarts.

When the broker is lost while a task runs, Celery closes the connection, whose channel
wants to give the task's message back and asks its transport for an address; that has
none any more, and the `AttributeError` (kombu 5.7, `Channel._connparams`; the same as in
celery/kombu#582) ends the whole worker with its running jobs. A closed channel now says
that its connection is lost, which everybody there expects. The message is not missed:
the upkeep sends again what is lost.
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(redis.Channel):
    """A channel that knows when its connection is gone."""

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("The connection of this channel is closed.")
        params: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]
        return params


class Transport(redis.Transport):
    """kombu's transport with the channel above."""

    Channel = Channel


def install() -> None:
    """Have `redis://`, `rediss://` and `redis+socket://` mean this transport."""
    path = f"{Transport.__module__}:{Transport.__qualname__}"
    TRANSPORT_ALIASES.update(redis=path, rediss=path)
