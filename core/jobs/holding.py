"""A worker's hold on one job: reports, log, scratch folder, programs.

Reports are written at most twice a second or when the stage changes; the lease is
renewed by each that is written.
"""

import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from os import PathLike
from pathlib import Path

from django.conf import settings

from core.jobs import lifecycle
from core.jobs.models import Job, JobAttempt, Status
from core.media import process
from core.media.process import Completed, Limits

REPORT_EVERY_S = 0.5
CHECK_EVERY_S = 1.0
LOG_LINES = 100


class Holding:
    """What a worker has of a job while it holds the lease. Safe to use from two threads."""

    def __init__(self, job: Job, *, memory_limit_bytes: int) -> None:
        self.job = job
        self.memory_limit_bytes = memory_limit_bytes
        self.ends_at = float("inf")
        self.lease_until = time.monotonic() + settings.JOB_LEASE_S
        self.silent_by_intent = 0
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._log_is_new = threading.Event()
        self._reported_at = 0.0
        self._stage = ("", -1)
        self._progress = 0.0
        self._checked_at = time.monotonic()

    def ends_in(self, limit_s: float) -> None:
        """Set how many seconds from now the job may take."""
        self.ends_at = time.monotonic() + limit_s

    def report(self, stage: str, stage_index: int, progress: float) -> None:
        """Write how far the job is, unless the last word is younger than half a second."""
        now = time.monotonic()
        is_new_stage = (stage, stage_index) != self._stage
        self._progress = progress if is_new_stage else max(progress, self._progress)
        if not is_new_stage and now - self._reported_at < REPORT_EVERY_S:
            return
        lifecycle.report(self.job, stage, stage_index, self._progress)
        self._stage, self._reported_at = (stage, stage_index), now
        self._checked_at, self.lease_until = now, now + settings.JOB_LEASE_S

    def renew(self) -> None:
        """Keep the lease. Raises: `LeaseLost`."""
        lifecycle.renew(self.job)
        self.lease_until = time.monotonic() + settings.JOB_LEASE_S

    def check(self) -> None:
        """Read, at most once a second, whether the lease still stands. Raises: `LeaseLost`."""
        now = time.monotonic()
        if now - self._checked_at < CHECK_EVERY_S:
            return
        self._checked_at = now
        if not self.stands():
            raise lifecycle.LeaseLost(f"The lease of job {self.job.pk} is gone.")

    def stands(self) -> bool:
        """Return whether the row still shows this lease."""
        return Job.objects.filter(
            pk=self.job.pk, status=Status.RUNNING, lease_token=self.job.lease_token
        ).exists()

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Have the watchdog renew the lease while the work inside says nothing."""
        self.renew()
        self.silent_by_intent += 1
        try:
            yield
        finally:
            self.silent_by_intent -= 1

    @cached_property
    def scratch(self) -> Path:
        """Return a folder of this attempt's own, made at first use."""
        path = Path(settings.SCRATCH_ROOT) / f"{self.job.pk}.{self.job.attempt}"
        path.mkdir(mode=0o700, parents=True)
        return path

    def remove_scratch(self) -> None:
        """Remove the attempt's folder, if it was made."""
        if "scratch" in self.__dict__:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def log(self, line: str) -> None:
        """Keep a line for the job's log."""
        self._lines.append(line)
        self._log_is_new.set()

    def save_log(self) -> None:
        """Write the newest lines to the attempt's row, if there are any."""
        if self._log_is_new.is_set():
            self._log_is_new.clear()
            text = "\n".join(list(self._lines)).replace("\0", "")
            JobAttempt.objects.filter(job=self.job, number=self.job.attempt).update(log=text)

    def program(
        self,
        args: Sequence[str | PathLike[str]],
        *,
        limits: Limits | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a program under the job's time and memory limits, its lines going to the log."""

        def line(text: str) -> None:
            self.log(text)
            if on_line:
                on_line(text)

        left_s = max(1.0, self.ends_at - time.monotonic())
        wanted = limits or Limits(memory_bytes=self.memory_limit_bytes, wall_s=left_s)
        with self.heartbeat():
            return process.run(args, limits=wanted, on_line=line, check=self.check)
