"""The end of a token on a live socket: a warning before, the end in time."""

import asyncio
import time
from collections.abc import Callable

WARNING_S = 60.0


class Expiry:
    """Calls `warn(seconds_left)` 60 s before the end, or at once when less is left, and `end()`."""

    def __init__(self, warn: Callable[[int], None], end: Callable[[], None]) -> None:
        self._warn = warn
        self._end = end
        self._timers: list[asyncio.TimerHandle] = []
        self._expires_at_s = float("inf")

    def set(self, expires_at_s: float) -> None:
        """Set the end, as Unix time, in place of any earlier one."""
        self.cancel()
        self._expires_at_s = expires_at_s
        left_s = expires_at_s - time.time()
        loop = asyncio.get_running_loop()
        warning = round(max(0.0, min(left_s, WARNING_S)))
        self._timers = [
            loop.call_later(max(0.0, left_s - WARNING_S), self._warn, warning),
            loop.call_later(max(0.0, left_s), self._end),
        ]

    @property
    def is_due(self) -> bool:
        """Whether the end has come, even if the busy loop has not called `end` yet."""
        return time.time() >= self._expires_at_s

    def cancel(self) -> None:
        """Call nobody any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
