"""The processes of one run: counted, weighed and ended together.

A run is a session of its own, so `/proc` tells its members by their session id. A grandchild that
leaves the session still carries the run's marker in its environment and is found by that.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MARKER = "MEDIALOOM_RUN"

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_POLL_S = 0.02
_KILL_ROUNDS = 20


@dataclass(frozen=True)
class ProcessStat:
    """What `/proc/<pid>/stat` says of one process (see proc(5))."""

    pid: int
    state: str
    session: int
    rss_bytes: int


def read_stat(pid: int) -> ProcessStat | None:
    """Read one process, or None when it is gone."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The name, in brackets, may itself hold blanks and brackets.
    fields = text[text.rindex(b")") + 2 :].split()
    return ProcessStat(pid, fields[0].decode(), int(fields[3]), int(fields[21]) * _PAGE_BYTES)


def session_members(session: int) -> list[ProcessStat]:
    """Every living process of a session; those that only wait to be reaped are left out."""
    stats = (read_stat(pid) for pid in _all_pids() if _session_of(pid) == session)
    return [stat for stat in stats if stat and stat.session == session and stat.state not in "ZX"]


def session_rss_bytes(session: int) -> int:
    """Resident memory of a whole session. Pages that its processes share count for each."""
    return sum(stat.rss_bytes for stat in session_members(session))


def signal_session(session: int, number: signal.Signals) -> None:
    """Signal the group of a session's leader, then its members that have changed their group.

    The leader must not be reaped yet: until then nobody else can be given its process id.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, number)
    for stat in session_members(session):
        _signal_if(stat.pid, number, lambda pid: _is_in_session(pid, session))


def kill_marked(run_id: str, *, start_interrupted: bool = False) -> None:
    """SIGKILL every process that carries the marker of this run, until none is left.

    With `start_interrupted` one of them may be a child of ours whose number nobody was told: it is
    reaped. What shows no environment may be in the middle of an exec, and is looked at again.
    The rounds are bounded: what forks faster than it can be killed is the system's to stop.
    """
    bare: set[int] = set()
    for number in range(_KILL_ROUNDS):
        seen_bare, bare = bare, set()
        marked = [pid for pid in _all_pids() if _looks_marked(pid, run_id, bare)]
        is_settled = number > 0 or not start_interrupted
        if not marked and is_settled and bare <= seen_bare:
            return
        for pid in marked:
            killed = _signal_if(pid, signal.SIGKILL, lambda pid: is_marked(pid, run_id))
            if killed and start_interrupted:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)
        time.sleep(_POLL_S)  # A killed process keeps its environment until the system ends it.


def is_marked(pid: int, run_id: str) -> bool:
    """Whether the process was started by this run, directly or not."""
    return _looks_marked(pid, run_id, set())


def _looks_marked(pid: int, run_id: str, bare: set[int]) -> bool:
    """Like `is_marked`; notes in `bare` which program shows no environment at all."""
    try:
        environment = _read(f"/proc/{pid}/environ")
        if not environment and Path(f"/proc/{pid}/exe").readlink():  # no thread of the kernel
            bare.add(pid)
    except OSError:
        return False
    return f"{MARKER}={run_id}".encode() in environment


def wait_until_empty(session: int, timeout_s: float) -> bool:
    """Wait for a session to end. True when no living process is left in it."""
    deadline = time.monotonic() + timeout_s
    while session_members(session):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)  # Grandchildren cannot be waited for: only looking again tells.
    return True


def _read(path: str) -> bytes:
    """Read a file of /proc: one a process at each program's end, so not through `Path`."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()


def _session_of(pid: int) -> int | None:
    """Ask the system, which takes a tenth of the time that reading `/proc/<pid>/stat` does."""
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _all_pids() -> Iterator[int]:
    for name in os.listdir("/proc"):  # noqa: PTH208 - read four times a second
        if name.isdigit():
            yield int(name)


def _is_in_session(pid: int, session: int) -> bool:
    stat = read_stat(pid)
    return stat is not None and stat.session == session


def _signal_if(pid: int, number: signal.Signals, still_ours: Callable[[int], bool]) -> bool:
    """Signal a process found by its number, safe against the number being used again.

    Returns whether it was signalled.
    """
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not still_ours(pid):
            return False
        signal.pidfd_send_signal(handle, number)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(handle)
    return True
