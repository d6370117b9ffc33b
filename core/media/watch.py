"""One program under way: its pipes are read and fed, its limits held."""

import contextlib
import os
import re
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol

from core.errors import JobError
from core.media import processgroup
from core.media.errors import (
    OutputTooLarge,
    ProgramFailed,
    ProgramOutOfMemory,
    ProgramStalled,
    ProgramTimeout,
)
from core.media.lines import LineSplitter

TAIL_LINES = 100
CAPTURE_MAX_BYTES = 64 * 1024 * 1024
TICK_S = 0.25
FEED_EVERY_S = 0.1  # how often a feed that had nothing is asked again, at most

_READ_BYTES = 64 * 1024
_DRAIN_BYTES = 1024 * 1024  # the most that a pipe of the system holds
_WEIGHING_SHARE = 0.02  # of our time, at most, goes into reading /proc

# What programs say when the system refuses them a page or a byte beyond RLIMIT_DATA and
# RLIMIT_FSIZE (strerror of ENOMEM and EFBIG in the C locale, C++ and Python).
_NO_MEMORY = re.compile(r"cannot allocate memory|out of memory|std::bad_alloc|MemoryError", re.I)
_NO_ROOM = re.compile(r"file too large", re.I)
_XFSZ_STATUSES = (-signal.SIGXFSZ, 128 + signal.SIGXFSZ)


@dataclass(frozen=True)
class Limits:
    """What one run may take. `stall_s` is the longest silence; None is no limit.

    `memory_bytes` bounds the resident memory of the program and its children together,
    `file_size_bytes` each file that they write.
    """

    wall_s: float = 600.0
    stall_s: float | None = None
    memory_bytes: int | None = None
    file_size_bytes: int | None = None


@dataclass(frozen=True)
class Completed:
    """A run that succeeded. `stdout` is empty unless captured; `tail` is its last lines."""

    stdout: bytes
    tail: tuple[str, ...]
    elapsed_s: float


@dataclass(frozen=True)
class Callbacks:
    """What the caller of a run wants to hear; each may raise to end the run."""

    on_line: Callable[[str], None] | None
    check: Callable[[], None] | None
    on_stdout: Callable[[str], None] | None = None


class Feed(Protocol):
    """What a program reads that is not all there yet, as raw files that do not block are read."""

    def read(self, size: int, /) -> bytes | None:
        """Return up to `size` bytes: none at the end, None when there are none at the moment."""


class Watch:
    """Follow `child`, the leader of its own session, until it exits or breaks a limit."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        limits: Limits,
        callbacks: Callbacks,
        *,
        name: str,
        stdin: bytes | Feed,
        capture: bool,
    ) -> None:
        self._child = child
        self._limits = limits
        self._callbacks = callbacks
        self._name = name
        self._feed_from = None if isinstance(stdin, bytes) else stdin
        self._unfed = memoryview(stdin if isinstance(stdin, bytes) else b"")
        self._starved: IO[bytes] | None = None
        self._starved_at = 0.0
        self._captured = bytearray() if capture else None
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._splitters: dict[IO[bytes], LineSplitter] = {}
        self._started = self._last_output = time.monotonic()
        self._next_check = self._next_weighing = self._started
        self._selector = selectors.DefaultSelector()

    def until_exit(self) -> Completed:
        """Read until the leader exits. It is left for the caller to reap.

        Raises: ProgramFailed, ProgramStalled, ProgramTimeout, ProgramOutOfMemory, OutputTooLarge,
        and whatever the callbacks raise.
        """
        exit_handle = os.pidfd_open(self._child.pid)
        with self._selector, os.fdopen(exit_handle) as exit_file:
            self._selector.register(exit_file, selectors.EVENT_READ, None)
            self._register_pipes()
            while (status := exit_status(self._child.pid)) is None:
                self._serve(TICK_S)
                self._hold_limits()
                self._feed_starved()
            # Helpers that it left behind would hold the pipes open.
            processgroup.signal_session(self._child.pid, signal.SIGKILL)
            self._selector.unregister(exit_file)
            self._drain()
        if status != 0:
            raise self._failure(status)
        elapsed_s = time.monotonic() - self._started
        return Completed(bytes(self._captured or b""), tuple(self._tail), elapsed_s)

    def _register_pipes(self) -> None:
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe is not None:
                self._splitters[pipe] = LineSplitter()
                self._register(pipe, selectors.EVENT_READ, self._read)
        if self._child.stdin is not None:
            self._register(self._child.stdin, selectors.EVENT_WRITE, self._feed)

    def _register(self, pipe: IO[bytes], event: int, serve: Callable[[IO[bytes]], int]) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, event, serve)

    def _close(self, pipe: IO[bytes]) -> None:
        self._selector.unregister(pipe)
        pipe.close()

    def _serve(self, timeout_s: float) -> int:
        """Serve the pipes that are ready. Returns the number of bytes moved."""
        ready = self._selector.select(timeout_s)
        return sum(key.data(key.fileobj) for key, _ in ready if key.data is not None)

    def _read(self, pipe: IO[bytes]) -> int:
        try:
            data = os.read(pipe.fileno(), _READ_BYTES)
        except BlockingIOError:
            return 0
        if pipe is self._child.stdout and self._captured is not None:
            self._capture(data)
        else:
            self._cut(pipe, data)
        if not data:
            self._close(pipe)
        # Taken after the callbacks: their time is not the program's silence.
        self._last_output = time.monotonic()
        return len(data)

    def _capture(self, data: bytes) -> None:
        assert self._captured is not None  # noqa: S101 - for the type checker
        if len(self._captured) + len(data) > CAPTURE_MAX_BYTES:
            raise OutputTooLarge(f"{self._name} wrote too much.", tail=tuple(self._tail))
        self._captured += data

    def _cut(self, pipe: IO[bytes], data: bytes) -> None:
        splitter, callbacks = self._splitters[pipe], self._callbacks
        is_apart = callbacks.on_stdout is not None and pipe is self._child.stdout
        hear = callbacks.on_stdout if is_apart else callbacks.on_line
        for line in splitter.feed(data) if data else splitter.close():
            if not is_apart:
                self._tail.append(line)
            if hear is not None:
                hear(line)
            if self._callbacks.check is not None:
                self._callbacks.check()

    def _feed(self, pipe: IO[bytes]) -> int:
        if not self._unfed and self._feed_from is not None and not self._fetch(pipe):
            return 0
        written = 0
        # A program may stop reading before its input ends, as `head` does.
        with contextlib.suppress(BlockingIOError):
            try:
                written = os.write(pipe.fileno(), self._unfed[:_READ_BYTES])
            except BrokenPipeError:
                self._unfed, self._feed_from = self._unfed[:0], None
        self._unfed = self._unfed[written:]
        if not self._unfed and self._feed_from is None:
            self._close(pipe)
        return written

    def _fetch(self, pipe: IO[bytes]) -> bool:
        """Get what is to be fed next; False where there is nothing at the moment."""
        assert self._feed_from is not None  # noqa: S101 - for the type checker
        data = self._feed_from.read(_READ_BYTES)
        if data is None:
            # A pipe that takes more would be reported all the time.
            self._selector.unregister(pipe)
            self._starved, self._starved_at = pipe, time.monotonic()
            return False
        self._unfed = memoryview(data)
        if not data:
            self._feed_from = None
        return True

    def _feed_starved(self) -> None:
        """Look again for something to feed, after a while."""
        if self._starved is not None and time.monotonic() - self._starved_at >= FEED_EVERY_S:
            pipe, self._starved = self._starved, None
            self._selector.register(pipe, selectors.EVENT_WRITE, self._feed)

    def _drain(self) -> None:
        """Read what is left in the pipes, but wait for nobody who may still hold them."""
        if self._child.stdin is not None and not self._child.stdin.closed:
            self._close(self._child.stdin)
        left = 2 * _DRAIN_BYTES
        while left > 0 and self._selector.get_map() and (moved := self._serve(0)):
            left -= moved
        for pipe in self._splitters:
            if not pipe.closed:
                self._cut(pipe, b"")

    def _hold_limits(self) -> None:
        now = time.monotonic()
        limits, tail = self._limits, tuple(self._tail)
        if now - self._started > limits.wall_s:
            raise ProgramTimeout(f"{self._name} took longer than it may.", tail=tail)
        if limits.stall_s is not None and now - self._last_output > limits.stall_s:
            raise ProgramStalled(f"{self._name} stopped responding.", tail=tail)
        if limits.memory_bytes is not None and now >= self._next_weighing:
            self._weigh(limits.memory_bytes)
        if self._callbacks.check is not None and now >= self._next_check:
            self._callbacks.check()
            self._next_check = time.monotonic() + TICK_S

    def _weigh(self, memory_bytes: int) -> None:
        begun = time.monotonic()
        rss_bytes = processgroup.session_rss_bytes(self._child.pid)
        ended = time.monotonic()
        self._next_weighing = ended + max(TICK_S, (ended - begun) / _WEIGHING_SHARE)
        if rss_bytes > memory_bytes:
            raise self._out_of_memory()

    def _out_of_memory(self) -> ProgramOutOfMemory:
        message = f"{self._name} needed more memory than it may use."
        return ProgramOutOfMemory(message, tail=tuple(self._tail))

    def _failure(self, status: int) -> JobError:
        tail = tuple(self._tail)
        text = "\n".join(tail)
        if self._limits.file_size_bytes is not None and (
            status in _XFSZ_STATUSES or _NO_ROOM.search(text)
        ):
            return OutputTooLarge(f"{self._name} wrote a file larger than it may.", tail=tail)
        if self._limits.memory_bytes is not None and _NO_MEMORY.search(text):
            return self._out_of_memory()
        how = f"exit status {status}" if status > 0 else f"signal {-status}"
        return ProgramFailed(f"{self._name} failed ({how}).", returncode=status, tail=tail)


def exit_status(pid: int) -> int | None:
    """How a child ended: its status, or minus its signal; None while it lives.

    It is not reaped, so its process id stays its own.
    """
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 255  # Reaped behind our back: what is not known to have succeeded has failed.
    if ended is None:
        return None
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
