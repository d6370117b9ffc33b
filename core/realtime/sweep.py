"""Reading rows again, once a process and not once a socket.

The last event of a thing can be lost without a gap (Redis restarted, a publisher that
could not reach it). So every 5 s the rows that sockets still wait on are read in one
go, and their states are delivered as events; sockets drop what they have had already.

    my_sweep = per_loop(lambda: Sweep(read))   # read(keys) -> (key, Event) pairs, in a thread
    my_sweep().watch(key, self)                # while self waits for something of `key`
    my_sweep().forget(self)                    # at the end
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Protocol, TypeVar

from core.realtime.loops import in_thread
from core.realtime.publish import Event

logger = logging.getLogger(__name__)

SWEEP_EVERY_S = 5.0
# SQLite takes 999 variables in one statement in its oldest supported form.
KEYS_A_READ = 500

K = TypeVar("K", bound=Hashable)


class Watcher(Protocol):
    """Whoever is told the states that a sweep has read: a socket, as a rule."""

    def deliver(self, event: Event) -> None:
        """Take one event. Must not wait and should not raise."""


class Sweep(Generic[K]):
    """One table's sweep in one process and event loop. It runs only while somebody watches.

    `read` gets at most 500 keys, runs in a thread and may use the database. Keys that are
    gone, or that have nothing to tell, it leaves out.
    """

    def __init__(
        self,
        read: Callable[[list[K]], Iterable[tuple[K, Event]]],
        every_s: float = SWEEP_EVERY_S,
    ) -> None:
        self._read = read
        self._every_s = every_s
        self._watchers: defaultdict[K, set[Watcher]] = defaultdict(set)
        self._keys: defaultdict[Watcher, set[K]] = defaultdict(set)
        self._is_hurried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def watch(self, key: K, watcher: Watcher) -> None:
        """Tell `watcher` the state of `key` at every sweep from now on; idempotent."""
        self._watchers[key].add(watcher)
        self._keys[watcher].add(key)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def unwatch(self, key: K, watcher: Watcher) -> None:
        """Nothing of `key` is waited for any more; harmless when nothing was."""
        if key in self._keys.get(watcher, ()):
            self._keys[watcher].discard(key)
            self._watchers[key].discard(watcher)
            if not self._watchers[key]:
                del self._watchers[key]

    def forget(self, watcher: Watcher) -> None:
        """The watcher is gone."""
        for key in tuple(self._keys.get(watcher, ())):
            self.unwatch(key, watcher)
        self._keys.pop(watcher, None)

    def hurry(self) -> None:
        """Sweep now; several calls in a row make one sweep."""
        self._is_hurried.set()

    async def _run(self) -> None:
        while self._watchers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._is_hurried.wait()
            self._is_hurried.clear()
            try:
                await self.once()
            except Exception:  # whatever a reader raises, those who watch are not left alone
                logger.exception("rows could not be read again; the next sweep tries anew")

    async def once(self) -> None:
        """Read everything that is watched and tell the watchers."""
        keys = list(self._watchers)
        for start in range(0, len(keys), KEYS_A_READ):
            pairs = await in_thread(_read_all, self._read, keys[start : start + KEYS_A_READ])
            for key, event in pairs:
                for watcher in tuple(self._watchers.get(key, ())):
                    _tell(watcher, event)


def _tell(watcher: Watcher, event: Event) -> None:
    """Deliver; one that fails does not hold up the others."""
    try:
        watcher.deliver(event)
    except Exception:  # whatever a socket raises is its own affair
        logger.exception("a state of %s was not delivered", event.name)


def _read_all(
    read: Callable[[list[K]], Iterable[tuple[K, Event]]], keys: list[K]
) -> list[tuple[K, Event]]:
    """Read inside the thread, even what is a generator."""
    return list(read(keys))
