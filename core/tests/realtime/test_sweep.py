"""Sweeps: rows are read once a process, and whoever still waits is told."""

import asyncio

import pytest

from core.realtime.publish import Event
from core.realtime.sweep import Sweep

# Nothing here reads a table, but the threads close the connections that older tests left.
pytestmark = pytest.mark.django_db


class Watcher:
    def __init__(self):
        self.texts = []
        self.told = asyncio.Event()

    def deliver(self, event):
        self.texts.append(event.text)
        self.told.set()


class Rows:
    """A table that counts how often it is read."""

    def __init__(self, **rows):
        self.rows = rows
        self.reads = []
        self.fails = False

    def read(self, keys):
        self.reads.append(list(keys))
        if self.fails:
            raise RuntimeError("the database is away")
        for key in keys:
            if key in self.rows:
                yield key, Event(name="row", text=self.rows[key])


@pytest.fixture
def watcher():
    return Watcher()


async def told(watcher):
    async with asyncio.timeout(180):
        await watcher.told.wait()
        watcher.told.clear()


async def test_a_failing_read_does_not_end_the_sweep(watcher):
    rows = Rows(a="state")
    rows.fails = True
    sweep = Sweep(rows.read, every_s=0.01)
    sweep.watch("a", watcher)
    async with asyncio.timeout(180):
        while not rows.reads:
            await asyncio.sleep(0.01)
    rows.fails = False

    await told(watcher)
    assert watcher.texts[0] == "state"
    sweep.forget(watcher)


async def test_nothing_is_read_while_nobody_watches(watcher):
    rows = Rows(a="state")
    sweep = Sweep(rows.read, every_s=0.01)
    sweep.watch("a", watcher)
    sweep.forget(watcher)
    await sweep.once()

    assert rows.reads == []


async def test_many_watchers_of_many_rows_make_one_read():
    rows = Rows(a="1", b="2")
    sweep = Sweep(rows.read, every_s=60)
    watchers = [Watcher() for _ in range(50)]
    for one in watchers:
        sweep.watch("a", one)
        sweep.watch("b", one)
    await sweep.once()

    assert len(rows.reads) == 1
    assert all(sorted(one.texts) == ["1", "2"] for one in watchers)
    for one in watchers:
        sweep.forget(one)


async def test_very_many_rows_are_read_in_portions(watcher):
    rows = Rows()
    sweep = Sweep(rows.read, every_s=60)
    for number in range(1200):
        sweep.watch(number, watcher)
    await sweep.once()

    assert [len(read) for read in rows.reads] == [500, 500, 200]
    sweep.forget(watcher)


async def test_what_is_unwatched_is_told_no_more(watcher):
    rows = Rows(a="1", b="2")
    sweep = Sweep(rows.read, every_s=60)
    sweep.watch("a", watcher)
    sweep.watch("b", watcher)
    sweep.unwatch("a", watcher)
    sweep.unwatch("a", watcher)
    sweep.unwatch("never", watcher)
    await sweep.once()

    assert watcher.texts == ["2"]
    sweep.forget(watcher)


async def test_a_hurried_sweep_does_not_wait_for_its_time(watcher):
    rows = Rows(a="1")
    sweep = Sweep(rows.read, every_s=3600)
    sweep.watch("a", watcher)
    sweep.hurry()

    await told(watcher)
    assert watcher.texts == ["1"]
    sweep.forget(watcher)


async def test_a_sweep_begins_again_after_everybody_had_left(watcher):
    rows = Rows(a="1")
    sweep = Sweep(rows.read, every_s=0.01)
    sweep.watch("a", watcher)
    await told(watcher)
    sweep.forget(watcher)
    await asyncio.sleep(0.05)
    sweep.watch("a", watcher)

    await told(watcher)
    sweep.forget(watcher)


async def test_a_watcher_that_fails_does_not_end_the_sweep(watcher):
    class Broken(Watcher):
        def deliver(self, event):
            raise RuntimeError("broken")

    broken = Broken()
    sweep = Sweep(Rows(a="1", b="2").read, every_s=0.01)
    sweep.watch("a", broken)
    sweep.watch("b", watcher)

    await told(watcher)
    sweep.forget(watcher)
    sweep.forget(broken)
