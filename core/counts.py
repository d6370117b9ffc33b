"""Figures that only grow: counted in memory by each process, added up in Redis for all of them.

A count never waits for Redis, which hears of all that has come together, once a second at most.
So a process that is killed loses its last second, and a Redis that restarts begins at nothing,
which Prometheus knows of counters. While Redis is away the counts wait; where it took some and its
answer got lost, these are added twice.
"""

import logging
import os
from threading import Lock, Timer

from redis.exceptions import RedisError

from core.realtime.publish import connection

logger = logging.getLogger(__name__)

EVERY_S = 1.0


class Counts:
    """What one process has counted since it last told Redis. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._new: dict[tuple[str, str], float] = {}
        self._timer: Timer | None = None

    def add(self, name: str, label: str, amount: float) -> None:
        """Count, and have Redis told within a second."""
        with self._lock:
            self._new[name, label] = self._new.get((name, label), 0) + amount
            if self._timer is None:
                self._start()

    def _start(self) -> None:
        timer = Timer(EVERY_S, self.hand_over)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # No room for a thread: the next count tries again.
            return
        self._timer = timer

    def hand_over(self) -> None:
        """Tell Redis; if it is away, which others log, that is tried again."""
        with self._lock:
            self._timer = None
        try:
            self.flush()
        except RedisError as error:
            logger.debug("the counts wait: %s", type(error).__name__)

    def flush(self) -> None:
        """Tell Redis now. Raises: `RedisError`; nothing is lost then."""
        with self._lock:
            new, self._new = self._new, {}
        if not new:
            return
        try:
            with connection().pipeline() as pipeline:
                for (name, label), amount in new.items():
                    pipeline.hincrbyfloat(_key(name), label, amount)
                pipeline.execute()
        except RedisError:
            for (name, label), amount in new.items():
                self.add(name, label, amount)
            raise


def _key(name: str) -> str:
    return f"medialoom:counts:{name}"


_counts = Counts()


def count(name: str, label: str, amount: float = 1) -> None:
    """Add to one figure; its labels are few."""
    _counts.add(name, label, amount)


def hand_over(**_: object) -> None:
    """Tell Redis what this process has counted, without waiting for the second to pass."""
    _counts.hand_over()


def totals(name: str) -> dict[str, float]:
    """Return a figure by label, over all processes, up to date as far as this one is concerned.

    Raises: `RedisError`.
    """
    _counts.flush()
    found = connection().hgetall(_key(name))
    return {label.decode(): float(amount) for label, amount in found.items()}


# What a forked worker inherits is its parent's to tell; so is the lock, which somebody may hold.
os.register_at_fork(after_in_child=lambda: Counts.__init__(_counts))
