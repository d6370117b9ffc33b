"""A worker's hold on one job: reports, log, scratch folder, programs.

Reports are written at most twice a second, a new stage at most ten times; what came
between is written by the watchdog a moment later. A database that is away for a while
ends no job: the work goes on, and the row is written when it can be.
"""

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Unpack

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection

from core.jobs import lifecycle
from core.jobs.models import Job, JobAttempt, Status
from core.jobs.storable import storable_text
from core.media import process
from core.media.ffmpeg_rules import without_folders
from core.media.process import Completed, Limits, RunOptions

logger = logging.getLogger(__name__)

REPORT_EVERY_S = 0.5
NEW_STAGE_EVERY_S = 0.1
CHECK_EVERY_S = 1.0
LOG_LINES = 100
LOG_LINE_CHARS = 1000


class Holding:
    """What a worker has of a job while it holds the lease. Safe to use from two threads."""

    def __init__(self, job: Job, *, memory_limit_bytes: int) -> None:
        self.job = job
        self.memory_limit_bytes = memory_limit_bytes
        now = time.monotonic()
        self.ends_at = float("inf")
        self.renewed_at = self._said_at = self._checked_at = now
        self._silent_by_intent = 0
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._log_is_new = threading.Event()
        self._writing = threading.Lock()
        self._written_at = 0.0
        self._said = self._written = ("", -1, 0.0)

    def ends_in(self, limit_s: float) -> None:
        """Set how many seconds from now the job may take."""
        self.ends_at = time.monotonic() + limit_s

    def silence_s(self) -> float:
        """Return for how long the job has said nothing; what it announced does not count."""
        # Waiting for a database that is locked is no silence of the job's.
        if self._silent_by_intent or self._writing.locked():
            return 0.0
        return time.monotonic() - self._said_at

    def excuse_silence(self) -> None:
        """Count the job's silence from now on."""
        self._said_at = time.monotonic()

    def report(
        self, stage: str, stage_index: int, progress: float, *, at_once: bool = False
    ) -> None:
        """Say how far the job is; what has to be seen by all is written `at_once`.

        Raises: `LeaseLost` when a write shows that it is gone.
        """
        with self._writing:
            is_same_stage = (stage, stage_index) == self._said[:2]
            best = max(progress, self._said[2]) if is_same_stage else progress
            self._said = (stage, stage_index, best)
            try:
                self._write_if_due(at_once=at_once)
            finally:
                self.excuse_silence()  # How long the database took is no silence of the job's.

    def flush(self) -> None:
        """Write what `report` held back, if it is due. Raises: `LeaseLost`."""
        if self._writing.acquire(blocking=False):
            try:
                self._write_if_due()
            finally:
                self._writing.release()

    def last_word(self) -> None:
        """Write the stage the job came to, if `report` held it back. Raises: `LeaseLost`."""
        if self._said[:2] != self._written[:2]:
            self._write()

    def _write_if_due(self, *, at_once: bool = False) -> None:
        if self._said == self._written:
            return
        is_same_stage = self._said[:2] == self._written[:2]
        wait_s = REPORT_EVERY_S if is_same_stage else NEW_STAGE_EVERY_S
        if at_once or time.monotonic() - self._written_at >= wait_s:
            self._write()

    def _write(self) -> None:
        said = self._said
        self._written_at = time.monotonic()
        with self._patient("report"):
            lifecycle.report(self.job, *said)
            self._written = said
            if not self.members:  # A report renews the job's own lease, `renew` the family's.
                self.renewed_at = self._written_at

    def renew(self) -> None:
        """Keep the lease. Raises: `LeaseLost`."""
        now = time.monotonic()
        with self._patient("lease"):
            lifecycle.renew(self.job)
            self.renewed_at = now

    def check(self) -> None:
        """Read, at most once a second, whether the lease still stands. Raises: `LeaseLost`."""
        now = time.monotonic()
        if now - self._checked_at < CHECK_EVERY_S:
            return
        self._checked_at = now
        if not self.stands():
            raise lifecycle.LeaseLost(f"The lease of job {self.job.pk} is gone.")

    def stands(self) -> bool:
        """Return whether the row still shows this lease, as far as can be told."""
        mine = Job.objects.filter(status=Status.RUNNING, lease_token=self.job.lease_token)
        is_gone = False
        with self._patient("lease"):
            is_gone = not mine.filter(pk=self.job.pk).exists()
        return not is_gone

    @contextmanager
    def _patient(self, what: str) -> Iterator[None]:
        """Let a database that is away, or locked by another process, end nothing."""
        try:
            yield
        except AnyDatabaseError as error:
            logger.warning("job %s: its %s must wait: %s", self.job.pk, what, type(error).__name__)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Mark that the work inside says nothing; the watchdog keeps the lease meanwhile."""
        self.renew()
        self._silent_by_intent += 1
        try:
            yield
        finally:
            self._silent_by_intent -= 1
            self.excuse_silence()

    @cached_property
    def members(self) -> list[Job]:
        """The children that were claimed together with the job."""
        return lifecycle.members_of(self.job)

    @property
    def _scratch_path(self) -> Path:
        return Path(settings.SCRATCH_ROOT) / f"{self.job.pk}.{self.job.attempt}"

    @cached_property
    def scratch(self) -> Path:
        """Return a folder of this attempt's own, made at first use."""
        self._scratch_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._scratch_path

    def remove_scratch(self) -> None:
        """Remove the attempt's folder, if it was made."""
        shutil.rmtree(self._scratch_path, ignore_errors=True)

    def log(self, line: str) -> None:
        """Keep a line for the job's log."""
        self._lines.append(storable_text(line, LOG_LINE_CHARS))
        self._log_is_new.set()

    def save_log(self) -> None:
        """Write the newest lines to the attempt's row, if there are any."""
        if self._log_is_new.is_set():
            self._log_is_new.clear()
            text = "\n".join(list(self._lines))
            with self._patient("log"):
                JobAttempt.objects.filter(job=self.job, number=self.job.attempt).update(log=text)

    def program(
        self,
        args: Sequence[str | PathLike[str]],
        *,
        limits: Limits | None = None,
        on_line: Callable[[str], None] | None = None,
        **options: Unpack[RunOptions],
    ) -> Completed:
        """Run a program under the job's time and memory limits, its lines going to the log.

        There they name no folder of this machine: the job's owner may read it.
        """

        def line(text: str) -> None:
            self.log(without_folders(text))
            if on_line:
                on_line(text)

        left_s = max(1.0, self.ends_at - time.monotonic())
        wanted = limits or Limits(memory_bytes=self.memory_limit_bytes, wall_s=left_s)
        with self.heartbeat():
            return process.run(args, limits=wanted, on_line=line, check=self.check, **options)
