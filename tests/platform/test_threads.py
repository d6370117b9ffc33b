"""The threads that requests run in."""

import asyncio
import threading

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connection

from backend import threads
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    """Begin without any thread, and end those that were made."""
    monkeypatch.setattr(threads, "_idle", [])
    yield threads._idle
    for thread in threads._idle:
        thread.shutdown()


def serve(view, times=1):
    """Run a view for so many requests at once; return what it gave."""

    async def request():
        async with threads.own_thread():
            return await sync_to_async(view)()

    async def together():
        return await asyncio.gather(*(request() for _ in range(times)))

    return asyncio.run(together())


def test_one_request_after_the_other_runs_in_the_same_thread_and_finds_its_connection(idle):
    def view():
        return threading.get_ident(), id(connection._connections[connection._alias])

    first = serve(view)
    wait_until(lambda: idle)
    assert serve(view) == first


def test_requests_at_once_have_a_thread_each_and_a_few_are_kept(idle):
    before = request_threads()
    meet = threading.Barrier(threads.KEPT + 2, timeout=60)

    def view():
        meet.wait()
        return threading.get_ident()

    assert len(set(serve(view, threads.KEPT + 2))) == threads.KEPT + 2
    wait_until(lambda: len(idle) == threads.KEPT)
    wait_until(lambda: request_threads() - before == threads.KEPT)


def request_threads():
    return sum(thread.name.startswith("request") for thread in threading.enumerate())


def test_a_thread_that_is_busy_beyond_its_request_is_lent_to_nobody(idle):
    ends, begun = threading.Event(), threading.Event()

    def lingering():
        begun.set()
        ends.wait(60)

    async def request():
        async with threads.own_thread():
            at_work = asyncio.get_running_loop().run_in_executor(
                thread_of_this_request(), lingering
            )
            await asyncio.to_thread(begun.wait, 60)
        busy = len(idle)
        ends.set()
        await at_work
        return busy

    assert asyncio.run(request()) == 0
    wait_until(lambda: len(idle) == 1)


def thread_of_this_request():
    return SyncToAsync.context_to_thread_executor[SyncToAsync.thread_sensitive_context.get()]


def test_a_request_that_fails_gives_its_thread_back(idle):
    def view():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        serve(view)
    wait_until(lambda: len(idle) == 1)
