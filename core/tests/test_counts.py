"""Counts of several threads and processes, and a Redis that goes away."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis.exceptions import RedisError

from core import counts
from core.counts import Counts, count, totals
from core.realtime.publish import connection
from tests.support.waiting import wait_until


@pytest.fixture
def name():
    """Return the name of a figure that nobody else counts."""
    return f"test_{uuid.uuid4().hex}"


def in_redis(name):
    """Return what has arrived, without telling more."""
    found = connection().hgetall(f"medialoom:counts:{name}")
    return {label.decode(): float(amount) for label, amount in found.items()}


def test_what_was_never_counted_has_no_totals(name):
    assert totals(name) == {}


def test_counts_are_added_by_label(name):
    count(name, "200")
    count(name, "200")
    count(name, "503", 0.25)

    assert totals(name) == {"200": 2, "503": 0.25}


def test_redis_hears_of_a_count_by_itself(name):
    count(name, "a")

    wait_until(lambda: in_redis(name) == {"a": 1})


def test_counting_itself_does_not_ask_redis(name, machine):
    machine.stop_redis()
    try:
        for _ in range(1000):
            count(name, "a")
        with pytest.raises(RedisError):
            totals(name)
    finally:
        machine.restart_redis()

    assert totals(name) == {"a": 1000}


def test_threads_lose_none_of_each_others_counts(name):
    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(lambda: [count(name, "a") for _ in range(2000)])
        between = [totals(name).get("a", 0) for _ in range(20)]

    assert between == sorted(between)
    assert totals(name) == {"a": 16_000}


def test_processes_are_added_up(name):
    one, other = Counts(), Counts()
    one.add(name, "a", 2)
    other.add(name, "a", 3)

    one.flush()
    other.flush()

    assert totals(name) == {"a": 5}


def test_a_forked_process_tells_its_own_counts_alone(name):
    count(name, "parent")

    if not (child := os.fork()):
        status = 1
        try:
            count(name, "child")
            totals(name)
            status = 0
        finally:
            os._exit(status)

    assert os.waitpid(child, 0)[1] == 0
    assert totals(name) == {"parent": 1, "child": 1}


def test_a_task_tells_what_it_counted_as_it_ends(name):
    count(name, "a")

    counts.hand_over(sender=None, task_id="x")

    assert in_redis(name) == {"a": 1}
