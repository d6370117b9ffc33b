"""What a web process does with its runners' sockets every few seconds, one look at a time."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async

from core.realtime import loops
from core.realtime.loops import in_thread
from transcode.runners.socket import Runners
from transcode.tests.factories import make_runner

pytestmark = pytest.mark.django_db(transaction=True)


class Closing(Runners):
    """The namespace, with sockets that are not there: it says which it would close."""

    def __init__(self):
        super().__init__()
        self.closed = []

    async def _close(self, sid, end):
        self.closed.append(sid)


async def no_client(_message):
    """Take what is sent to a socket."""


@pytest.fixture
async def busy_threads():
    """Keep every thread of the sockets busy; return the function that lets them go on."""
    go_on, places = threading.Event(), loops._THREADS._max_workers
    held = [asyncio.create_task(in_thread(go_on.wait)) for _ in range(places)]
    await asyncio.sleep(0.1)
    yield go_on.set
    go_on.set()
    await asyncio.gather(*held)


async def test_who_comes_during_a_look_is_not_taken_for_removed(busy_threads):
    here, removed, newcomer = [
        (await sync_to_async(make_runner)())[0] for _ in ("here", "removed", "newcomer")
    ]
    removed_id = removed.pk
    await sync_to_async(removed.delete)()
    namespace = Closing()
    namespace.enter("here", here.pk, no_client)
    namespace.enter("removed", removed_id, no_client)

    look = asyncio.create_task(namespace.look())
    await asyncio.sleep(0.1)
    namespace.enter("newcomer", newcomer.pk, no_client)
    assert not look.done()
    busy_threads()
    await look
    await asyncio.sleep(0)

    assert namespace.closed == ["removed"]
