"""Sliding windows on a real Redis (core contract, 3.6)."""

import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.api.throttles import SlidingWindow
from core.realtime.publish import connection
from tests.support.waiting import wait_until


@pytest.fixture
def name() -> str:
    """Return a name that no other test counts by."""
    return f"test.{secrets.token_hex(4)}"


def test_a_full_window_refuses_and_says_when_to_come_back(name: str) -> None:
    window = SlidingWindow(name, limit=2, window_s=60)
    assert [window.take("a").allowed for _ in range(3)] == [True, True, False]

    refused = window.take("a")

    assert not refused.allowed
    assert 50 < refused.retry_after_s <= 60


def test_a_refused_event_does_not_lengthen_the_wait(name: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=0.4)
    window.take("a")
    while not window.take("a").allowed:
        time.sleep(0.02)  # hammering on: the window must still open


def test_of_many_takers_at_once_exactly_the_limit_is_let_in(name: str) -> None:
    window = SlidingWindow(name, limit=10, window_s=60)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: window.take("a").allowed, range(200)))

    assert sum(answers) == 10


def test_looking_counts_nothing(name: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=60)

    assert [window.peek("a").allowed for _ in range(5)] == [True] * 5
    window.take("a")
    assert not window.peek("a").allowed


def test_looking_at_a_full_window_tells_the_wait(name: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=60)
    window.take("a")

    assert 50 < window.peek("a").retry_after_s <= 60


def test_keys_and_names_are_counted_apart(name: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=60)
    window.take("a")

    assert window.take("b").allowed
    assert SlidingWindow(f"{name}.other", limit=1, window_s=60).take("a").allowed


def test_what_is_given_back_may_be_taken_again_once(name: str) -> None:
    window = SlidingWindow(name, limit=2, window_s=60)
    first = window.take("a")
    window.take("a")

    window.give_back(first)
    window.give_back(first)

    assert [window.take("a").allowed for _ in range(2)] == [True, False]


def test_giving_back_a_refusal_frees_nothing(name: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=60)
    window.take("a")

    window.give_back(window.take("a"))

    assert not window.peek("a").allowed


def test_the_window_slides(name: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=0.3)
    window.take("a")

    wait_until(lambda: window.take("a").allowed)

    assert not window.peek("a").allowed


def test_a_limit_that_was_lowered_waits_for_enough_to_leave(name: str) -> None:
    for _ in range(5):
        SlidingWindow(name, limit=5, window_s=60).take("a")

    assert SlidingWindow(name, limit=2, window_s=60).peek("a").retry_after_s > 50


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nought_is_off_and_writes_nothing(name: str, limit: int) -> None:
    window = SlidingWindow(name, limit=limit, window_s=60)

    assert all(window.take("a").allowed for _ in range(50))
    assert not list(connection().scan_iter(f"medialoom:throttle:{name}:*"))


@pytest.mark.parametrize("key", ["", "é" * 1000, "a\nb\x00c", "*", "x" * 100_000])
def test_any_text_is_a_key(name: str, key: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=60)

    assert [window.take(key).allowed for _ in range(2)] == [True, False]


def test_nothing_is_kept_longer_than_the_window(name: str) -> None:
    SlidingWindow(name, limit=1, window_s=60).take("a")

    (key,) = connection().scan_iter(f"medialoom:throttle:{name}:*")
    assert 0 < connection().pttl(key) <= 60_000


def test_redis_away_lets_everyone_in_and_says_so(name: str, machine, caplog) -> None:
    window = SlidingWindow(name, limit=1, window_s=60)
    taken = window.take("a")
    machine.stop_redis()
    try:
        with caplog.at_level(logging.WARNING):
            answers = [window.take("a").allowed, window.peek("a").allowed]
            window.give_back(taken)
    finally:
        machine.restart_redis()

    assert answers == [True, True]
    assert "not in force" in caplog.text


def test_a_redis_that_forgot_the_script_is_given_it_again(name: str) -> None:
    window = SlidingWindow(name, limit=1, window_s=60)
    window.take("a")
    connection().script_flush()

    assert not window.take("a").allowed
