"""How many sockets one user may have, and how many commands one socket may send.

The sockets of a user are a sorted set in Redis, so that the limit holds across
processes: a member a socket, its score the time until which it counts. Each process
renews its own every 5 s; those of a process that was killed stop counting after 15 s,
and a Redis that has lost its memory is told again.
"""

import asyncio
import logging
import time
from collections import defaultdict, deque

from redis.exceptions import RedisError

from core.realtime.loops import in_thread, per_loop
from core.realtime.publish import connection

logger = logging.getLogger(__name__)

RENEW_EVERY_S = 5.0
COUNTS_FOR_S = 15
COMMAND_WINDOW_S = 10.0

_ENTER = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""
_RENEW = """
local now = tonumber(redis.call('TIME')[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""


class Attendance:
    """The open sockets of this process; `attendance()` gives the running loop's."""

    def __init__(self) -> None:
        self._present: defaultdict[str, set[str]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    async def enter(self, who: str, socket_id: str, limit: int) -> bool:
        """Count a socket in; False when `who` has `limit` already. Raises: `RedisError`."""
        if not await in_thread(_enter, who, socket_id, limit):
            return False
        self._present[who].add(socket_id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._renew())
        return True

    async def leave(self, who: str, socket_id: str) -> None:
        """Count a socket out; harmless when it was never in, or Redis is away."""
        sockets = self._present.get(who)
        if not sockets or socket_id not in sockets:
            return
        sockets.discard(socket_id)
        if not sockets:
            del self._present[who]
        await in_thread(_leave, who, socket_id)

    async def _renew(self) -> None:
        """Renew as long as there are sockets."""
        while self._present:
            await asyncio.sleep(RENEW_EVERY_S)
            present = {who: tuple(sockets) for who, sockets in self._present.items()}
            await in_thread(_renew_all, present)


class CommandRate:
    """Allows `limit` commands in any 10 s."""

    def __init__(self, limit: int) -> None:
        self._times: deque[float] = deque(maxlen=limit)

    def allows(self) -> bool:
        """Count one command; False when it is one too many."""
        now = time.monotonic()
        is_full = len(self._times) == self._times.maxlen
        if is_full and now - self._times[0] < COMMAND_WINDOW_S:
            return False
        self._times.append(now)
        return True


def _key(who: str) -> str:
    return f"medialoom:sockets:{who}"


def _enter(who: str, socket_id: str, limit: int) -> bool:
    arguments = (socket_id, limit, COUNTS_FOR_S)
    return bool(connection().eval(_ENTER, 1, _key(who), *arguments))  # type: ignore[no-untyped-call]


def _leave(who: str, socket_id: str) -> None:
    try:
        connection().zrem(_key(who), socket_id)
    except RedisError as error:
        logger.warning("a socket was not counted out: %s", type(error).__name__)


def _renew_all(present: dict[str, tuple[str, ...]]) -> None:
    pipeline = connection().pipeline(transaction=False)
    for who, sockets in present.items():
        pipeline.eval(_RENEW, 1, _key(who), COUNTS_FOR_S, *sockets)
    try:
        pipeline.execute()
    except RedisError as error:
        logger.warning("the count of sockets was not renewed: %s", type(error).__name__)


attendance = per_loop(Attendance)
