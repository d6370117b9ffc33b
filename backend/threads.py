"""The threads that views run in, each with its own connection to the database.

Left alone, asgiref makes a thread for every request, and Django connects to the database in each
anew: on PostgreSQL that is a process of the server, and more work than most views. Here a few
threads do the blocking code of all requests in turn: of many that come at once the first are
answered first, where as many threads would only take the processor from each other.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from time import monotonic
from typing import Any, TypeVar

from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.core.signals import request_started
from django.db import close_old_connections, connections, reset_queries

T = TypeVar("T")

KEPT = 8
# What blocks for longer (a slow disk, a lock) does not hold up the others: they get threads of
# their own. While turns are taken it is the processor that is waited for: then one thread more is
# tried at a time, since each may be a connection to a database that has a hundred.
PATIENCE_S = 0.5
# Asking whether a connection is still good costs a query; so it is asked now and then, and where
# something has failed. Of a database that is restarted between, a turn of each thread hears.
TRUSTED_S = 1.0


def install() -> None:
    """Leave it to these threads to look at connections: for Django a request would change threads.

    What is kept for debugging is dropped at the beginning of each request, where there is any.
    """
    request_started.disconnect(close_old_connections)
    if not settings.DEBUG:
        request_started.disconnect(reset_queries)


def own_turns() -> ThreadSensitiveContext:
    """Have the blocking code of one request done by the kept threads, a call at a time."""
    return ThreadSensitiveContext(executor=_Turns())


class Turn:
    """One call of blocking code, and what waits for it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.future: Future[Any] = Future()

    def take(self) -> None:
        """Make the call, unless nobody waits any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.call())
        except BaseException as error:  # noqa: BLE001 - who waits for it is in another thread
            self.future.set_exception(error)


class Threads:
    """Up to `kept` threads that stay, and more for as long as turns have to wait too long."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self.count = 0
        self._idle = 0
        self._taken = 0
        self._next_try_s = 0.0
        self._goes_on: deque[Turn] = deque()
        self._begins: deque[Turn] = deque()
        self._changed = threading.Condition()

    def add(self, turn: Turn, *, has_begun: bool) -> None:
        """Have a turn taken; those of requests that have begun come first."""
        with self._changed:
            (self._goes_on if has_begun else self._begins).append(turn)
            if self._idle >= len(self._goes_on) + len(self._begins):
                self._changed.notify()
            elif self.count < self.kept:
                self._start()
            else:
                self._look_later(turn)

    def _look_later(self, turn: Turn) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(PATIENCE_S, self._relieve, turn, self._taken)

    def _relieve(self, turn: Turn, taken: int) -> None:
        """Start a thread if nothing was taken since, or it is time to try one more."""
        with self._changed:
            if turn not in self._goes_on and turn not in self._begins:
                return
            if taken == self._taken or monotonic() >= self._next_try_s:
                self._next_try_s = monotonic() + PATIENCE_S
                self._start()
            self._look_later(turn)

    def _start(self) -> None:
        threading.Thread(target=self._work, name="requests", daemon=True).start()
        self.count += 1

    def _work(self) -> None:
        look_at_s = 0.0
        while turn := self._next():
            # Django does so at both ends of a request, but maybe in other threads: the database
            # may have been restarted since this one has spoken to it.
            if monotonic() >= look_at_s or _is_one_doubtful():
                close_old_connections()
                look_at_s = monotonic() + TRUSTED_S
            turn.take()
            del turn  # Nothing of a request lives on while its thread waits.
        connections.close_all()

    def _next(self) -> Turn | None:
        with self._changed:
            while not (self._goes_on or self._begins):
                if self.count > self.kept:
                    self.count -= 1
                    return None
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            self._taken += 1
            return (self._goes_on or self._begins).popleft()


def _is_one_doubtful() -> bool:
    """Whether a connection of this thread has met a failure since it was last looked at."""
    return any(one.errors_occurred for one in connections.all(initialized_only=True))


_threads = Threads()


class _Turns(Executor):
    """The turns of one request: once it has begun it goes before those that have not."""

    _has_begun = False

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        """Have a call made."""
        turn = Turn(lambda: function(*args, **kwargs))
        _threads.add(turn, has_begun=self._has_begun)
        self._has_begun = True
        return turn.future
