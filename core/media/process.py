"""The only place in the product that starts programs.

`run` starts an argument list, never a shell string, and nothing that it starts outlives it: not
after success, not after a cancel, and not after kill -9 of this very process.

- The program leads a session of its own. Whatever ends the run, the whole session gets SIGTERM,
  after a short grace SIGKILL; what left the session is found by a marker in its environment.
- The system kills the program when the thread that started it dies (PR_SET_PDEATHSIG, set by
  setpriv: Python code between fork and exec is unsafe beside threads). That thread waits in `run`,
  so it only dies with its process. If the process died before setpriv could speak, the guard finds
  another parent and does not start the program.
"""

import contextlib
import errno
import os
import resource
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from core.media import processgroup
from core.media.errors import ProgramMissing, ProgramNotStarted
from core.media.watch import Callbacks, Completed, Feed, Limits, Watch, exit_status

__all__ = ["Completed", "Feed", "Limits", "RunOptions", "kill_all", "run"]

GRACE_S = 1.5

# Nothing else of our environment reaches a program: it holds keys and passwords.
INHERITED = (
    *("PATH", "HOME", "TMPDIR", "LANG", "TZ", "LD_LIBRARY_PATH", "XDG_CACHE_HOME"),
    *("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "TESSDATA_PREFIX", "FONTCONFIG_FILE"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"),
)

# A constant: the program and its arguments are handed over as they are, never read as shell.
_GUARD = '[ "$PPID" = "$0" ] && exec "$@"'
_RLIMIT_SLACK_BYTES = 2 * 1024**3
_REAP_TIMEOUT_S = 5.0


DEFAULT_LIMITS = Limits()


class RunOptions(TypedDict, total=False):
    """What a run may be given beside its limits and `on_line`.

    `on_stdout` gets the lines of stdout, which then reach neither `on_line` nor the tail. `nice`
    is what is added to the niceness that is inherited, 0 to 19. `stdin` is all that the program
    reads, or a feed that is asked for more whenever the program takes it.
    """

    cwd: str | os.PathLike[str] | None
    env: Mapping[str, str] | None
    stdin: bytes | Feed | None
    capture: bool
    on_stdout: Callable[[str], None] | None
    nice: int


def run(
    args: Sequence[str | os.PathLike[str]],
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_line: Callable[[str], None] | None = None,
    check: Callable[[], None] | None = None,
    **options: Unpack[RunOptions],
) -> Completed:
    """Run a program to its end.

    `on_line` gets each line of stdout and stderr; with `capture` stdout is returned whole and only
    stderr is cut into lines. `check` is called about every 0.25 s and at each line. Any of them
    may raise, as may a signal handler: the program is ended first, then the exception goes on.
    `env` is added to the few inherited variables; stdin is empty unless given.

    Raises: ProgramMissing, ProgramNotStarted, ProgramFailed, ProgramStalled, ProgramTimeout,
    ProgramOutOfMemory, OutputTooLarge.
    """
    run_id = uuid.uuid4().hex
    environment = {**_inherited(), **(options.get("env") or {}), processgroup.MARKER: run_id}
    command = _command(args, environment)
    stdin, capture = options.get("stdin"), options.get("capture", False)
    child: subprocess.Popen[bytes] | None = None
    try:
        launch = _launcher(limits, environment, options.get("nice", 0)) + command
        child = _start(launch, cwd=options.get("cwd"), env=environment, has_stdin=stdin is not None)
        _live[child.pid] = run_id
        callbacks = Callbacks(on_line, check, options.get("on_stdout"))
        name, fed = Path(command[0]).name, b"" if stdin is None else stdin
        watch = Watch(child, limits, callbacks, name=name, stdin=fed, capture=capture)
        return watch.until_exit()
    finally:
        _end(child, run_id)


def kill_all() -> None:
    """SIGKILL every program now running, without waiting: for a worker's emergency exit."""
    for pid, run_id in list(_live.items()):
        processgroup.signal_session(pid, signal.SIGKILL)
        processgroup.kill_marked(run_id)


# The leader of each live run, by process id, with the run's marker.
_live: dict[int, str] = {}
# What a forked worker inherits are its parent's programs, not its own.
os.register_at_fork(after_in_child=_live.clear)


def _inherited() -> dict[str, str]:
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    # What programs print is parsed, so it must not depend on where the server stands.
    return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8"}


def _command(args: Sequence[str | os.PathLike[str]], env: Mapping[str, str]) -> list[str]:
    """The full argument list, its program as an absolute path."""
    words = [os.fspath(word) for word in args]
    return [_find(words[0], env), *words[1:]]


def _find(program: str, env: Mapping[str, str]) -> str:
    found = shutil.which(program, path=env["PATH"])
    if found is None:
        raise ProgramMissing(f"The program {Path(program).name} is not installed.")
    return str(Path(found).absolute())


def _launcher(limits: Limits, env: Mapping[str, str], nice: int) -> list[str]:
    """What the program is started through: each link replaces itself by the next."""
    lifeline = [_find("setpriv", env), "--pdeathsig", "KILL", "--"]
    caps = [_find("prlimit", env), *_caps(limits), "--"]
    lowered = [_find("nice", env), "-n", str(nice)] if nice else []
    return [*lifeline, *caps, *lowered, "/bin/sh", "-c", _GUARD, str(os.getpid())]


def _start(
    command: list[str],
    *,
    cwd: str | os.PathLike[str] | None,
    env: dict[str, str],
    has_stdin: bool,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE if has_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=cwd,
            env=env,
            close_fds=True,
            start_new_session=True,
        )
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
            raise ProgramNotStarted("The system has no room for another program.") from error
        raise


def _caps(limits: Limits) -> list[str]:
    """Options of prlimit(1), which sets them before the program can write its first byte."""
    caps = [f"--core={_capped(resource.RLIMIT_CORE, 0)}"]
    if limits.file_size_bytes is not None:
        caps.append(f"--fsize={_capped(resource.RLIMIT_FSIZE, limits.file_size_bytes)}")
    if limits.memory_bytes is not None:
        # A backstop against a hog faster than the watch. It counts what is reserved, such as 8 MiB
        # of stack for each thread, not what is used, so it must lie well above the limit.
        reserved_bytes = 2 * limits.memory_bytes + _RLIMIT_SLACK_BYTES
        caps.append(f"--data={_capped(resource.RLIMIT_DATA, reserved_bytes)}")
    return caps


def _capped(which: int, wanted: int) -> int:
    """A limit may only be lowered."""
    _, hard = resource.getrlimit(which)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _end(child: subprocess.Popen[bytes] | None, run_id: str) -> None:
    """Leave no process of a run behind: ask, then kill, then reap.

    When a second exception interrupts the asking, the killing follows at once.
    """
    try:
        if child is not None and exit_status(child.pid) is None:
            processgroup.signal_session(child.pid, signal.SIGTERM)
            processgroup.wait_until_empty(child.pid, GRACE_S)
    finally:
        if child is not None:
            _kill(child)
        processgroup.kill_marked(run_id, start_interrupted=child is None)


def _kill(child: subprocess.Popen[bytes]) -> None:
    processgroup.signal_session(child.pid, signal.SIGKILL)
    with contextlib.suppress(
        subprocess.TimeoutExpired
    ):  # it hangs in the system, as on a dead disk
        child.wait(_REAP_TIMEOUT_S)
    _live.pop(child.pid, None)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
