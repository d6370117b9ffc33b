"""A thread beside each running job: it notices what the job itself cannot.

It reads the row (a cancel), the clock (a time limit, a lease that nobody renewed) and
the memory of the process. When the job has to end it interrupts the main thread with a
signal whose handler raises; code that does not even listen to that is ended with its
process, after the row says why.
"""

import logging
import os
import resource
import signal
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, connections

from core.errors import JobError
from core.jobs import lifecycle
from core.jobs.holding import Holding
from core.media import process

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
READ_EVERY_S = 2.0
# How long an interrupted job may take to tidy up before its process is ended.
GRACE_S = 2.5


class Interrupted(JobError):
    """The watchdog ended the job: `code` says why."""


class Watchdog:
    """Watches one job for as long as the `with` block lasts. Use it in the main thread."""

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        self.reason: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._earlier = signal.signal(signal.SIGUSR2, self._raise_reason)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        signal.signal(signal.SIGUSR2, self._earlier)

    def _raise_reason(self, number: int, frame: FrameType | None) -> None:
        if self.reason is not None and not self._stop.is_set():
            raise self.reason

    def _watch(self) -> None:
        """Look until told to stop or until there is a reason to end the job."""
        read_at = saved_at = time.monotonic()
        try:
            while not self._stop.wait(LOOK_EVERY_S):
                now = time.monotonic()
                self.reason = self._over_a_limit(now)
                if self.reason is None and now - read_at >= READ_EVERY_S:
                    read_at = now
                    self.reason = self._read_row(now)
                if self.reason is not None:
                    self._end()
                    return
                if now - saved_at >= READ_EVERY_S:
                    saved_at = now
                    self.holding.save_log()
        finally:
            connections.close_all()

    def _over_a_limit(self, now: float) -> BaseException | None:
        if now > self.holding.ends_at:
            return Interrupted("The job took longer than it may.", code="timeout")
        if not self.holding.silent_by_intent and now > self.holding.lease_until - 1.0:
            return Interrupted("The job said nothing for too long.", code="stalled")
        if _resident_bytes() > self.holding.memory_limit_bytes:
            return Interrupted("The job needed more memory than it may have.", code="memory")
        return None

    def _read_row(self, now: float) -> BaseException | None:
        try:
            lease_age_s = now - (self.holding.lease_until - settings.JOB_LEASE_S)
            if self.holding.silent_by_intent and lease_age_s >= settings.JOB_HEARTBEAT_S:
                self.holding.renew()
            elif not self.holding.stands():
                return lifecycle.LeaseLost("The job was cancelled or taken over.")
        except lifecycle.LeaseLost as lost:
            return lost
        except DatabaseError:
            logger.warning("job %s: the row could not be read just now", self.holding.job.pk)
        return None

    def _end(self) -> None:
        """Interrupt the main thread; end the process if that does not help."""
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGUSR2)
            if self._stop.wait(GRACE_S / 2):
                return
        logger.error("job %s does not stop: its worker process is ended", self.holding.job.pk)
        try:
            if isinstance(self.reason, JobError):
                lifecycle.fail(self.holding.job, self.reason.code, str(self.reason))
        except (lifecycle.LeaseLost, DatabaseError) as error:
            logger.warning("job %s: %s", self.holding.job.pk, type(error).__name__)
        process.kill_all()
        self.holding.remove_scratch()
        os.kill(os.getpid(), signal.SIGKILL)


def _resident_bytes() -> int:
    """Return this process' resident memory (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()
