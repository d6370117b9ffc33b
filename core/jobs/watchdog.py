"""A thread beside each running job: it notices what the job itself cannot.

It reads the row (a cancel), the clock (a time limit, a silence) and the memory of the
process, and keeps the lease. When the job has to end it interrupts the main thread with
a signal whose handler raises; code that does not even listen to that is ended with its
process, after the row says why.

The handler raises only while the job's own code runs, `_is_at_work`. An exception may
come between any two steps of that code, so:
- it is no `Exception`: an engine that tries its way around errors does not swallow it;
- at most `SIGNALS` are sent, and there is one `finally` more than that, each of which
  first switches the handler off: whichever of them is cut short, the next one is not;
- the database connection, which may have been cut short too, is thrown away.
"""

import contextlib
import logging
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import connections

from core.errors import JobError
from core.jobs import lifecycle, stopping
from core.jobs.holding import Holding
from core.jobs.settling import settle
from core.jobs.types import Json
from core.media import process

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
READ_EVERY_S = 2.0
# A look that comes so much too late tells that nobody could do anything: the machine stood still.
STANDSTILL_S = 1.0
# How soon a lease is renewed again that could not be: the database was away.
RENEW_AGAIN_S = 1.0
SIGNALS = 2
# How long an interrupted job may take to tidy up before its process is ended.
GRACE_S = 2.5
_LAST_WRITE_S = 10.0
_JOIN_S = 5.0
_BACKSTOP_SLACK_BYTES = 2**31


class Interrupted(JobError):  # noqa: N818 - it says what happened
    """The watchdog ended the job: `code` says why."""


class _Stop(BaseException):
    """Leave the job's code, now."""


class Watchdog:
    """Watches one job. Used in the main thread, where signals interrupt."""

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        self.reason: Exception | None = None
        self._is_at_work = False
        self._was_interrupted = False
        self._renew_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def run(self, work: Callable[[], Json]) -> Json:
        """Do the work. Raises: what it raises, or the reason why it was ended."""
        signal.signal(signal.SIGUSR2, self._interrupt)
        self._thread.start()
        try:
            with _memory_backstop(self.holding.memory_limit_bytes):
                return self._interruptible(work)
        finally:
            self._stop.set()
            # It may wait for a locked database; what it does later does no harm.
            self._thread.join(_JOIN_S)
            if self._was_interrupted:
                _throw_connections_away()

    def _interruptible(self, work: Callable[[], Json]) -> Json:
        try:
            try:
                self._is_at_work = True
                return work()
            finally:
                self._is_at_work = False
        except BaseException:
            self._is_at_work = False
            if self._was_interrupted:
                # Not always `_Stop`: a torn transaction may fail in its own way on the way out.
                raise self._end_of_work() from None
            raise
        finally:
            self._is_at_work = False

    def _end_of_work(self) -> Exception:
        return self.reason or RuntimeError("interrupted without a reason")

    def _interrupt(self, _number: int, frame: FrameType | None) -> None:
        # A signal that comes late, or from elsewhere, does nothing.
        if self._is_at_work and self.reason is not None and not _is_importing(frame):
            self._was_interrupted = True
            raise _Stop

    def _watch(self) -> None:
        """Look until told to stop or until there is a reason to end the job."""
        read_at = time.monotonic()
        try:
            while not self._is_over():
                now = time.monotonic()
                is_time_to_read = now - read_at >= READ_EVERY_S
                read_at = now if is_time_to_read else read_at
                self.reason = self._look(now, is_time_to_read)
                if self.reason is not None:
                    self._end()
                    return
        finally:
            connections.close_all()

    def _is_over(self) -> bool:
        """Wait for the next look; return whether there is none."""
        began_at = time.monotonic()
        is_over = self._stop.wait(LOOK_EVERY_S)
        if time.monotonic() - began_at > LOOK_EVERY_S + STANDSTILL_S:
            self.holding.excuse_silence()
        return is_over

    def _look(self, now: float, is_time_to_read: bool) -> Exception | None:
        """Return why the job has to end, if it has to. A look that fails is not the last."""
        try:
            return self._over_a_limit(now) or self._keep_up(now, is_time_to_read)
        except Exception:  # whatever it was, the job goes on and is looked at again
            logger.exception("job %s could not be looked at", self.holding.job.pk)
            return None

    def _over_a_limit(self, now: float) -> Exception | None:
        if stopping.is_asked_for():
            return stopping.GivenBack("This worker stops.")
        if now > self.holding.ends_at:
            return Interrupted("The job took longer than it may.", code="timeout")
        if self.holding.silence_s() > settings.JOB_LEASE_S - 1.0:
            return Interrupted("The job said nothing for too long.", code="stalled")
        if _resident_bytes() > self.holding.memory_limit_bytes:
            return Interrupted("The job needed more memory than it may have.", code="memory")
        return None

    def _keep_up(self, now: float, is_time_to_read: bool) -> Exception | None:
        """Write what was held back, keep the lease, and look whether it still stands."""
        try:
            self.holding.flush()
            if now - self.holding.renewed_at >= settings.JOB_HEARTBEAT_S and now >= self._renew_at:
                self._renew_at = now + min(RENEW_AGAIN_S, settings.JOB_HEARTBEAT_S)
                self.holding.renew()
            elif is_time_to_read and not self.holding.stands():
                return lifecycle.LeaseLost("The job was cancelled or taken over.")
            if is_time_to_read:
                self.holding.save_log()
        except lifecycle.LeaseLost as lost:
            return lost
        return None

    def _end(self) -> None:
        """Interrupt the main thread; end the process if that does not help."""
        for _ in range(SIGNALS):
            os.kill(os.getpid(), signal.SIGUSR2)
            if self._stop.wait(GRACE_S / SIGNALS):
                return
        logger.error("job %s does not stop: its worker process is ended", self.holding.job.pk)
        try:
            settle(self.holding, self._end_of_work(), patience_s=_LAST_WRITE_S)
        finally:
            process.kill_all()
            self.holding.remove_scratch()
            os.kill(os.getpid(), signal.SIGKILL)


def _is_importing(frame: FrameType | None) -> bool:
    """Whether an import is under way: one left half done would spoil every later job here.

    The next signal finds it done, or ends the process.
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _throw_connections_away() -> None:
    """Forget the database connections of this thread: an interrupt may have torn their state."""
    for wrapper in connections.all(initialized_only=True):
        with contextlib.suppress(Exception):
            wrapper.connection.close()
        del connections[wrapper.alias]


@contextlib.contextmanager
def _memory_backstop(limit_bytes: int) -> Iterator[None]:
    """Have the system refuse memory to a hog that is faster than the watchdog's look.

    The limit is on what is reserved, not what is used, so it lies well above the other.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = 2 * limit_bytes + _BACKSTOP_SLACK_BYTES
    lowered = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (lowered, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _resident_bytes() -> int:
    """Return this process' resident memory (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()
