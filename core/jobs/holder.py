"""Who holds a lease: this very process, named so that others on the machine can tell
whether it still lives."""

import os
import socket
from pathlib import Path


def _namespace() -> str:
    """Name the machine and the space in which process ids count (pid_namespaces(7))."""
    return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').readlink()}"


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks since boot (proc(5), field 22)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in {"Z", "X"} else fields[19]


def this_process() -> str:
    """Return this process' name as a holder: `worker:<machine>:<pid>:<start>`."""
    pid = os.getpid()
    return f"worker:{_namespace()}:{pid}:{_started(pid)}"


def is_known_dead(holder: str) -> bool:
    """Return whether the holder was a process of this machine that is gone.

    False whenever that cannot be told: then the lease has to run out.
    """
    kind, _, rest = holder.partition(":")
    where, pid, started = ([*rest.rsplit(":", 2), "", ""])[:3]
    if kind != "worker" or where != _namespace() or not pid.isdigit():
        return False
    return _started(int(pid)) != started
