"""One object per event loop, and work that must not run on the loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

T = TypeVar("T")
P = ParamSpec("P")

# Few threads, each with its own database connection. Not asgiref's default, one thread
# for the whole process: there a single slow query would hold up every socket.
_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sockets")


def per_loop(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that gives the running event loop its own `make()`, always the same."""
    made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def of_running_loop() -> T:
        loop = asyncio.get_running_loop()
        if loop not in made:
            made[loop] = make()
        return made[loop]

    return of_running_loop


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking code, which may use the database, in one of a few threads."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_THREADS)
    return cast(T, await call(*args, **kwargs))
