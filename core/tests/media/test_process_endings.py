"""Whatever ends a run, nothing that it started outlives it."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.media import process
from core.media.errors import ProgramFailed
from core.media.process import Limits, run
from core.tests.media.programs import (
    alive_with_argument,
    dead_children,
    is_alive,
    read_pid,
    sleepers,
    unique_seconds,
    wait_until,
)

ROOT = Path(__file__).parents[3]


class Cancelled(Exception):  # noqa: N818 - what happened
    """What the kernel raises when a job was cancelled."""


# A parent with a child, a grandchild that ignores SIGTERM and one that left the session.
FAMILY = """
    sleep "$0" &
    sh -c 'trap "" TERM; while :; do sleep "$0"; done' "$0" &
    setsid sleep "$0" &
    echo ready
    wait
"""


@pytest.fixture
def interrupting() -> Iterator[None]:
    """SIGUSR1 raises in the main thread, as the kernel does to a job that hangs."""

    def interrupt(number: int, frame: object) -> None:
        raise Cancelled

    before = signal.signal(signal.SIGUSR1, interrupt)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_a_cancel_found_by_the_check_ends_the_whole_family() -> None:
    seconds = unique_seconds()

    def check() -> None:
        if len(alive_with_argument(seconds)) >= 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(["sh", "-c", FAMILY, seconds], check=check, limits=Limits(wall_s=60))
    assert alive_with_argument(seconds) == []


def test_a_cancel_found_at_a_line_ends_the_whole_family() -> None:
    seconds = unique_seconds()

    def on_line(line: str) -> None:
        wait_until(lambda: len(alive_with_argument(seconds)) >= 5)
        raise Cancelled

    with pytest.raises(Cancelled):
        run(["sh", "-c", FAMILY, seconds], on_line=on_line)
    assert alive_with_argument(seconds) == []


def test_the_check_is_called_at_each_line_and_while_a_program_is_silent() -> None:
    times: list[float] = []
    run(["sh", "-c", "seq 1 50; sleep 1.5"], check=lambda: times.append(time.monotonic()))
    assert len(times) >= 50 + 3


def test_a_signal_that_raises_in_the_main_thread_ends_the_whole_family(interrupting: None) -> None:
    seconds = unique_seconds()

    def interrupt_later() -> None:
        wait_until(lambda: len(alive_with_argument(seconds)) >= 5)
        os.kill(os.getpid(), signal.SIGUSR1)

    thread = threading.Thread(target=interrupt_later)
    thread.start()
    with pytest.raises(Cancelled):
        run(["sh", "-c", FAMILY, seconds], limits=Limits(wall_s=60))
    thread.join()
    assert alive_with_argument(seconds) == []


def test_a_signal_at_any_moment_of_a_start_leaves_no_process(interrupting: None) -> None:
    chance = random.Random(7)
    run(["true"])
    for _ in range(150):
        seconds = unique_seconds()
        delay_s = chance.uniform(0, 0.008)
        thread = threading.Thread(target=_interrupt_after, args=(delay_s,))
        with pytest.raises(Cancelled):  # noqa: PT012 - it may come before the run does
            thread.start()
            run(["sleep", seconds], limits=Limits(wall_s=20))
        thread.join()
        assert alive_with_argument(seconds) == []
        assert process._live == {}
    assert dead_children() == []  # not even a process that waits to be reaped


def _interrupt_after(delay_s: float) -> None:
    time.sleep(delay_s)
    os.kill(os.getpid(), signal.SIGUSR1)


def test_a_second_interrupt_during_the_grace_kills_at_once(interrupting: None) -> None:
    seconds = unique_seconds()
    stubborn = 'trap "" TERM; echo ready; while :; do sleep "$0"; done'

    def on_line(line: str) -> None:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        raise KeyboardInterrupt

    with pytest.raises(Cancelled):
        run(["sh", "-c", stubborn, seconds], on_line=on_line)
    assert alive_with_argument(seconds) == []


PARENT = """
import sys
from core.media.process import run
if sys.argv[2] == "thread":
    import threading
    thread = threading.Thread(target=run, args=(["sleep", sys.argv[1]],))
    thread.start()
    print("ready", flush=True)
    thread.join()
else:
    print("ready", flush=True)
    run(["sleep", sys.argv[1]])
"""


def _start_parent(seconds: str, where: str) -> subprocess.Popen[bytes]:
    args = [sys.executable, "-c", PARENT, seconds, where]
    return subprocess.Popen(args, cwd=ROOT, stdout=subprocess.PIPE)


def _kill(parent: subprocess.Popen[bytes]) -> None:
    parent.kill()
    parent.wait()
    assert parent.stdout is not None
    parent.stdout.close()


@pytest.mark.parametrize("where", ["main", "thread"])
def test_kill_9_of_the_worker_leaves_no_orphan(where: str) -> None:
    seconds = unique_seconds()
    parent = _start_parent(seconds, where)
    wait_until(lambda: sleepers(seconds))
    program = sleepers(seconds)[0]
    _kill(parent)
    wait_until(lambda: not is_alive(program))


def test_kill_9_at_any_moment_of_a_start_leaves_no_orphan() -> None:
    chance = random.Random(11)
    for _ in range(12):
        seconds = unique_seconds()
        parent = _start_parent(seconds, "main")
        assert parent.stdout is not None
        parent.stdout.readline()
        time.sleep(chance.uniform(0, 0.008))
        _kill(parent)
        wait_until(lambda seconds=seconds: not alive_with_argument(seconds))


def test_a_guard_that_finds_another_parent_does_not_start_the_program(tmp_path: Path) -> None:
    marker = tmp_path / "started"
    other = "1"
    args = ["/bin/sh", "-c", process._GUARD, other, "touch", str(marker)]
    assert subprocess.run(args, check=False).returncode == 1
    assert not marker.exists()


def test_kill_all_ends_every_run_of_this_process() -> None:
    seconds = unique_seconds()
    failures: list[int] = []

    def work() -> None:
        try:
            run(["sh", "-c", FAMILY, seconds], limits=Limits(wall_s=60))
        except ProgramFailed as error:
            failures.append(error.returncode)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(alive_with_argument(seconds)) >= 10)
    process.kill_all()
    for thread in threads:
        thread.join()
    assert failures == [-signal.SIGKILL, -signal.SIGKILL]
    assert alive_with_argument(seconds) == []


def test_a_forked_worker_does_not_take_its_parents_programs_for_its_own(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = 'echo $$ > "$0"; while [ ! -e "$0.end" ]; do sleep 0.02; done; echo lived'
    results: list[tuple[str, ...]] = []
    thread = threading.Thread(target=lambda: results.append(run(["sh", "-c", script, note]).tail))
    thread.start()
    read_pid(note)
    child = os.fork()
    if child == 0:
        process.kill_all()
        os._exit(0)
    os.waitpid(child, 0)
    (tmp_path / "pid.end").touch()
    thread.join()
    assert results == [("lived",)]
