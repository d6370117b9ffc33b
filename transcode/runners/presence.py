"""Which runners are connected, over all web processes.

A web process writes its runners' sockets into one sorted set in Redis, by the time until
which that counts, and again before the time is up. A process that is killed writes no
more: its entries run out, and the beat task finds them.
"""

import time
from datetime import UTC, datetime

from core.realtime.publish import connection

TTL_S = 30.0
_KEY = "transcode:runner-sockets"


def seen(sockets: dict[str, int]) -> None:
    """Say that these sockets (`{sid: runner id}`) are open now. Raises: `RedisError`."""
    if sockets:
        until = time.time() + TTL_S
        connection().zadd(_KEY, {_entry(runner, sid): until for sid, runner in sockets.items()})


def gone(runner_id: int, sid: str) -> bool:
    """Forget a socket; return whether its runner has no other. Raises: `RedisError`."""
    connection().zrem(_KEY, _entry(runner_id, sid))
    return runner_id not in connected()


def connected() -> set[int]:
    """Return the runners with an open socket. Raises: `RedisError`."""
    return {_runner_of(entry) for entry in connection().zrangebyscore(_KEY, time.time(), "+inf")}


def run_out() -> dict[int, datetime]:
    """Take out what has run out; return since when those runners have no socket."""
    now = time.time()
    old = connection().zrangebyscore(_KEY, "-inf", f"({now}", withscores=True)
    if not old:
        return {}
    connection().zremrangebyscore(_KEY, "-inf", f"({now}")
    lost = {_runner_of(entry): datetime.fromtimestamp(until, UTC) for entry, until in old}
    here = connected()
    return {runner: since for runner, since in lost.items() if runner not in here}


def _entry(runner_id: int, sid: str) -> str:
    return f"{runner_id}:{sid}"


def _runner_of(entry: bytes) -> int:
    return int(entry.partition(b":")[0])
