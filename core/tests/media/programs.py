"""Small real programs for the tests, and a look at what lives."""

import itertools
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.media.processgroup import read_stat

_numbers = itertools.count(700_000_000 + time.time_ns() % 10_000_000)


def python(script: str, *args: str) -> list[str]:
    """An argument list that runs a script with a bare interpreter."""
    return [sys.executable, "-I", "-S", "-u", "-c", textwrap.dedent(script), *args]


def unique_seconds() -> str:
    """A duration for `sleep` that no other process on this machine is given."""
    return str(next(_numbers))


def is_alive(pid: int) -> bool:
    stat = read_stat(pid)
    return stat is not None and stat.state not in "ZX"


def alive_with_argument(argument: str) -> list[int]:
    """Living processes that were given this very argument, ours excepted."""
    return [pid for pid, words in _command_lines() if argument.encode() in words]


def sleepers(seconds: str) -> list[int]:
    """Living `sleep` of so many seconds: a fork that has yet to exec is none."""
    wanted = ("sleep", seconds.encode())
    lines = ((pid, words) for pid, words in _command_lines() if len(words) > 1)
    return [pid for pid, words in lines if (Path(words[0].decode()).name, words[1]) == wanted]


def _command_lines() -> Iterator[tuple[int, list[bytes]]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if is_alive(int(folder.name)):
            yield int(folder.name), words


def dead_children() -> list[int]:
    """Our own children that have ended and were not reaped."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = [int(pid) for task in tasks for pid in task.read_text().split()]
    return [pid for pid in children if not is_alive(pid)]


def wait_until(claim: Callable[[], object], timeout_s: float = 180.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not claim():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def read_pid(path: Path) -> int:
    """Wait for a file in which a program has written its process id."""
    wait_until(lambda: path.exists() and path.read_text().strip())
    return int(path.read_text())
