"""A worker that is told to stop gives its jobs back at once; they go on elsewhere.

Celery's warm shutdown waits for running tasks, whatever they take, and a process
manager's patience is shorter than a job. So the main process raises a flag in memory
that it shares with its children, and the watchdog beside each job sees it there. A
SIGTERM that reaches a child itself does the same, and ends the child afterwards.
"""

import mmap
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from celery.signals import worker_init, worker_shutting_down

# Shared with every child that is forked after this module was imported.
_shared = mmap.mmap(-1, 1)
_SIGTERM_CAME = False


class GivenBack(Exception):  # noqa: N818 - it says what happened, not that something is wrong
    """The worker has to stop: the job goes back to where it came from."""


def is_asked_for() -> bool:
    """Return whether this worker has been told to stop."""
    return _SIGTERM_CAME or _shared[0] != 0


@worker_init.connect
def _begin(**_: Any) -> None:
    _shared[0] = 0


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    _shared[0] = 1


@contextmanager
def sigterm_put_off() -> Iterator[None]:
    """Note a SIGTERM now and obey it at the end, so that it cuts no write in two."""
    global _SIGTERM_CAME  # noqa: PLW0603 - a signal handler has nowhere else to write
    earlier = signal.signal(signal.SIGTERM, _note)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)
        if _SIGTERM_CAME:
            _SIGTERM_CAME = False
            signal.raise_signal(signal.SIGTERM)


def _note(_number: int, _frame: FrameType | None) -> None:
    global _SIGTERM_CAME  # noqa: PLW0603
    _SIGTERM_CAME = True
