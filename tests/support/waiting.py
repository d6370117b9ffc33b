"""Waiting for something to become true, with a generous deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], timeout_s: float = 180.0, every_s: float = 0.05) -> T:
    """Return the predicate's first true value; fail the test when none comes in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if value := predicate():
            return value
        time.sleep(every_s)
    raise AssertionError(f"{predicate} did not become true in {timeout_s:g} s")
