"""Trying again what another server could not answer."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from core.errors import Stopped, TemporaryFailure

T = TypeVar("T")

# Pauses before the second and the third try.
BACK_OFF_S = (2.0, 8.0)
_LOOK_EVERY_S = 0.5


def tried(
    call: Callable[[], T], *, should_stop: Callable[[], bool], back_off_s: Sequence[float]
) -> T:
    """Call until it succeeds, once more after each pause while it raises `TemporaryFailure`.

    Raises: what the last call raised, `Stopped`.
    """
    for pause_s in back_off_s:
        try:
            return call()
        except TemporaryFailure:
            _wait(pause_s, should_stop)
    return call()


def _wait(pause_s: float, should_stop: Callable[[], bool]) -> None:
    """Wait, awake enough to hear that nobody wants it any more. Raises: `Stopped`."""
    asleep = threading.Event()
    while pause_s > 0:
        if should_stop():
            raise Stopped
        asleep.wait(min(pause_s, _LOOK_EVERY_S))
        pause_s -= _LOOK_EVERY_S
