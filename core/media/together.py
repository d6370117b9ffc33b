"""Several programs at once, where waiting for one after the other would only cost time."""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Event

TICK_S = 0.25

Check = Callable[[], None]


class _Abandoned(Exception):  # noqa: N818 - it says what happened
    """Another of the calls has failed, or the caller gives up."""


def together(*calls: Callable[[Check], None], check: Check) -> None:
    """Make all calls at once, each in a thread of its own, and wait for their ends.

    Each gets a check to hand to `core.media.process.run`: it ends the program as soon as another
    call fails or `check` raises, which is called every 0.25 s in the caller's own thread.

    Raises: what the call raised that failed first, and whatever `check` raises.
    """
    check()
    has_ended = Event()

    def go_on() -> None:
        if has_ended.is_set():
            raise _Abandoned

    with ThreadPoolExecutor(len(calls), thread_name_prefix="together") as pool:
        try:
            _wait([pool.submit(call, go_on) for call in calls], check)
        finally:
            has_ended.set()  # Leaving the block waits for what still runs.


def _wait(running: list[Future[None]], check: Check) -> None:
    left = set(running)
    while left:
        done, left = wait(left, TICK_S, FIRST_EXCEPTION)
        for call in done:
            call.result()
        check()
