import uuid

import pytest

from core.realtime import quotas
from core.realtime.publish import connection
from core.realtime.quotas import Attendance, CommandRate

# Nothing here reads a table, but the threads close the connections that older tests left.
pytestmark = pytest.mark.django_db


@pytest.fixture
def who():
    return uuid.uuid4().hex


async def test_one_more_than_the_limit_is_refused_across_processes(who):
    mine, theirs = Attendance(), Attendance()
    assert await mine.enter(who, "a", 2)
    assert await theirs.enter(who, "b", 2)

    assert not await mine.enter(who, "c", 2)
    assert not await theirs.enter(who, "c", 2)


async def test_who_was_refused_takes_no_room(who):
    attendance = Attendance()
    await attendance.enter(who, "a", 1)
    await attendance.enter(who, "b", 1)
    await attendance.leave(who, "b")
    await attendance.leave(who, "a")

    assert await attendance.enter(who, "c", 1)


async def test_leaving_makes_room_and_leaving_twice_is_harmless(who):
    attendance = Attendance()
    assert await attendance.enter(who, "a", 1)
    await attendance.leave(who, "a")
    await attendance.leave(who, "a")

    assert await attendance.enter(who, "b", 1)


async def test_sockets_of_a_killed_process_stop_counting(who):
    killed = Attendance()
    await killed.enter(who, "a", 1)
    # Redis' clock is not ours to move: the end of what the killed process said is.
    connection().zadd(f"medialoom:sockets:{who}", {"a": 1})

    assert await Attendance().enter(who, "b", 1)


async def test_a_redis_that_lost_its_memory_is_told_again(who, monkeypatch, wait_until):
    import asyncio

    monkeypatch.setattr(quotas, "RENEW_EVERY_S", 0.05)
    attendance = Attendance()
    await attendance.enter(who, "a", 1)
    connection().delete(f"medialoom:sockets:{who}")

    await asyncio.to_thread(
        wait_until, lambda: connection().zscore(f"medialoom:sockets:{who}", "a")
    )
    assert not await attendance.enter(who, "b", 1)
    await attendance.leave(who, "a")


def test_one_command_too_many_in_10_s_is_refused(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(quotas.time, "monotonic", lambda: now[0])
    rate = CommandRate(3)
    assert [rate.allows() for _ in range(4)] == [True, True, True, False]

    now[0] += 9.9
    assert not rate.allows()
    now[0] += 0.2
    assert rate.allows()


def test_the_window_slides(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(quotas.time, "monotonic", lambda: now[0])
    rate = CommandRate(2)
    rate.allows()
    now[0] += 6
    rate.allows()
    now[0] += 5
    assert rate.allows()
    assert not rate.allows()
