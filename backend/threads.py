"""The threads that views run in. Each keeps its connection to the database for the next request.

Left alone, asgiref makes a thread for every request, and Django connects to the database in each
anew: on PostgreSQL that is a process of the server, and more work than most views.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# More requests at once have threads of their own, which end with them.
KEPT = 8
_idle: list[ThreadPoolExecutor] = []


@asynccontextmanager
async def own_thread() -> "AsyncIterator[None]":
    """Have one thread, and nobody else in it, for the blocking code of a request."""
    # The one that was used last: after a rush the others' connections are not kept busy.
    thread = _idle.pop() if _idle else ThreadPoolExecutor(1, thread_name_prefix="request")
    try:
        async with ThreadSensitiveContext(executor=thread):
            yield
    finally:
        # In the thread itself: it is free when whatever the request began there has ended.
        thread.submit(_give_back, thread)


def _give_back(thread: ThreadPoolExecutor) -> None:
    if len(_idle) < KEPT:
        _idle.append(thread)
    else:
        connections.close_all()
        thread.shutdown(wait=False)
