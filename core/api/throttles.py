"""Sliding windows: at most so many events in the last so many seconds.

A window is a sorted set in Redis, read and written by one Lua script on Redis' own clock,
so that of many processes exactly `limit` are let in. Redis away lets everyone in and
says so in the log: a limit protects from excess, and refusing every login and upload
while Redis is restarted would be the greater harm.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from math import ceil

import redis

from core.realtime.publish import connection

logger = logging.getLogger(__name__)

# KEYS[1] the window; ARGV: limit, length in ms, the new entry ("" only looks).
# Returns {let in?, ms until the next is let in}.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, length = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - length)
local count = redis.call('ZCARD', KEYS[1])
if count >= limit then
  local blocking = redis.call('ZRANGE', KEYS[1], count - limit, count - limit, 'WITHSCORES')
  return {0, tonumber(blocking[2]) + length - now}
end
if ARGV[3] ~= '' then
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], length)
end
return {1, 0}
"""


@dataclass(frozen=True)
class Taken:
    """What a window answered. `retry_after_s` is 0 when it let the caller in."""

    allowed: bool
    retry_after_s: int = 0
    key: str = ""
    entry: str = ""


@dataclass(frozen=True)
class SlidingWindow:
    """At most `limit` events a key in any `window_s` seconds; a limit of 0 is none."""

    name: str
    limit: int
    window_s: float

    def take(self, key: str) -> Taken:
        """Count one event, unless the window is full."""
        return self._ask(key, secrets.token_hex(8))

    def peek(self, key: str) -> Taken:
        """Tell whether the window would let one in; counts nothing."""
        return self._ask(key, "")

    def give_back(self, taken: Taken) -> None:
        """Uncount an event that came to nothing."""
        if not taken.entry:
            return
        try:
            connection().zrem(taken.key, taken.entry)
        except redis.RedisError as error:
            logger.warning("the throttle %s was not given back: %s", self.name, error)

    def _ask(self, key: str, entry: str) -> Taken:
        if self.limit <= 0:
            return Taken(allowed=True)
        # Hashed: what clients send has neither room nor a plain name in Redis.
        where = f"medialoom:throttle:{self.name}:{hashlib.sha256(key.encode()).hexdigest()}"
        try:
            script = connection().register_script(_SCRIPT)
            is_let_in, wait_ms = script([where], [self.limit, int(self.window_s * 1000), entry])
        except redis.RedisError as error:
            logger.warning("the throttle %s is not in force: %s", self.name, error)
            return Taken(allowed=True)
        if not is_let_in:
            return Taken(allowed=False, retry_after_s=max(1, ceil(wait_ms / 1000)))
        return Taken(allowed=True, key=where, entry=entry)
