"""The threads that requests run in."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from backend import threads
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    """Begin without any thread, and end those that were made."""
    made = threads.Threads()
    monkeypatch.setattr(threads, "_threads", made)
    yield made
    made.kept = 0
    with made._changed:
        made._changed.notify_all()
    wait_until(lambda: made.count == 0)


def serve(*views):
    """Run each view for a request of its own, all at once; return what they gave."""

    async def request(view):
        async with threads.own_turns():
            return await sync_to_async(view)()

    async def together():
        return await asyncio.gather(*map(request, views))

    return asyncio.run(together())


def test_one_request_after_the_other_runs_in_the_same_thread_and_finds_its_connection(pool):
    def view():
        return threading.get_ident(), id(connection._connections[connection._alias])

    first = serve(view)
    wait_until(lambda: pool._idle == 1)
    assert serve(view) == first
    assert pool.count == 1


def asks_again(has_failed):
    """Run a view whose connection was found good; return whether it will be asked again."""

    def view():
        was_trusted = connection.health_check_done
        connection.ensure_connection()
        connection.health_check_done, connection.errors_occurred = True, has_failed
        return not was_trusted

    [is_asked] = serve(view)
    return is_asked


@pytest.mark.django_db
@pytest.mark.parametrize(("trusted_s", "answers"), [(60, [True, False]), (-1, [True, True])])
def test_a_thread_asks_now_and_then_whether_its_connection_is_good(
    pool, monkeypatch, trusted_s, answers
):
    monkeypatch.setattr(threads, "TRUSTED_S", trusted_s)
    for answer in answers:
        assert asks_again(has_failed=False) == answer
        wait_until(lambda: pool._idle == 1)
    assert pool.count == 1


@pytest.mark.django_db
def test_a_connection_that_has_failed_is_looked_at_before_the_next_turn(pool, monkeypatch):
    monkeypatch.setattr(threads, "TRUSTED_S", 60)
    looked_at = []
    monkeypatch.setattr(threads, "close_old_connections", lambda: looked_at.append(1))
    for has_failed, count in ((False, 1), (True, 1), (False, 2), (False, 2)):
        asks_again(has_failed=has_failed)
        assert len(looked_at) == count
        wait_until(lambda: pool._idle == 1)


def test_of_many_requests_a_few_are_served_at_once(pool):
    at_work, most = [], []

    def view():
        at_work.append(1)
        most.append(len(at_work))
        threading.Event().wait(0.005)
        at_work.pop()

    serve(*[view] * (10 * threads.KEPT))

    assert max(most) == threads.KEPT
    assert pool.count == threads.KEPT


def test_who_waits_too_long_gets_a_thread_more_which_ends_with_the_rush(pool, monkeypatch):
    monkeypatch.setattr(threads, "PATIENCE_S", 0.01)
    meet = threading.Barrier(threads.KEPT + 2, timeout=180)

    def view():
        meet.wait()
        return threading.get_ident()

    assert len(set(serve(*[view] * (threads.KEPT + 2)))) == threads.KEPT + 2
    wait_until(lambda: pool.count == threads.KEPT)


def test_a_rush_that_goes_on_gets_few_threads_more(pool, monkeypatch):
    monkeypatch.setattr(threads, "PATIENCE_S", 0.2)
    most = []

    def view():
        most.append(pool.count)
        threading.Event().wait(0.02)

    serve(*[view] * 400)  # a second's work for the threads that stay

    assert max(most) < 4 * threads.KEPT


def test_a_request_that_has_begun_goes_before_those_that_have_not(pool):
    pool.kept = 1
    order = []

    def note(name):
        order.append(name)
        threading.Event().wait(0.05)

    async def request(name):
        async with threads.own_turns():
            await sync_to_async(note)(name)
            await sync_to_async(note)(name)

    async def together():
        await asyncio.gather(*(request(name) for name in "abc"))

    asyncio.run(together())
    assert order.index("c") > 2  # the second word of somebody else was heard before


def test_a_request_that_nobody_waits_for_any_more_is_not_begun(pool):
    pool.kept = 1
    ends, begun = threading.Event(), []

    async def request(view):
        async with threads.own_turns():
            await sync_to_async(view)()

    async def together():
        first = asyncio.create_task(request(lambda: ends.wait(180)))
        await asyncio.sleep(0)
        second = asyncio.create_task(request(lambda: begun.append(1)))
        await asyncio.to_thread(wait_until, lambda: pool._begins)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        ends.set()
        await first

    asyncio.run(together())
    wait_until(lambda: not pool._begins)
    assert begun == []


def test_a_request_that_fails_gives_its_thread_back(pool):
    def view():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        serve(view)
    wait_until(lambda: pool._idle == 1)


def nothing(_request):
    return HttpResponse(b"")


urlpatterns = [path("nothing/", nothing)]


async def test_a_request_changes_threads_for_its_view_and_two_steps_of_django(
    pool, settings, monkeypatch
):
    from backend.asgi import django_application

    settings.ROOT_URLCONF = __name__
    turns = []
    monkeypatch.setattr(pool, "add", lambda turn, *, has_begun: turns.append(turn) or turn.take())
    head = {"type": "http", "method": "GET", "path": "/nothing/", "query_string": b""}
    asked = ApplicationCommunicator(
        django_application, {**head, "headers": [(b"host", b"localhost")], "http_version": "1.1"}
    )
    await asked.send_input({"type": "http.request", "body": b""})

    assert (await asked.receive_output())["status"] == 200
    await asked.wait()
    # CSRF's look at the view, the view, the response's end.
    assert len(turns) == 3
