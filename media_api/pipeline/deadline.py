"""The operator's limits on one request: its time, and the room of its programs' files.

What is done by the end of its time is kept.
"""

import shutil
from time import monotonic
from typing import Any

from core.errors import JobError
from core.jobs.kinds import JobKind
from core.media.process import Completed, Limits
from media_api import storage
from media_api.config.live import current

# How long after it the kernel ends a job that has not ended itself: time to pack what is done.
PACKING_S = 60.0
LEAST_S = 1.0
# What a program may write where nothing is to spare: requests that were taken are to be done.
LEAST_FILE_BYTES = 64 * 2**20


class OutOfTime(JobError):  # noqa: N818 - it says what happened
    """The request took longer than it may."""

    code = "timeout"


class Deadline:
    """Ends stages in time; the job itself goes on, to pack what the others have made."""

    def __init__(self, kind: JobKind, limit_s: float) -> None:
        self._kind = kind
        self._ends_at_s = monotonic() + limit_s

    def check(self) -> None:
        """Stop here if the job is not ours any more, or its time is over.

        Raises: `LeaseLost`, `OutOfTime`.
        """
        self._kind.check()
        if monotonic() >= self._ends_at_s:
            raise OutOfTime("The request took longer than it may.")

    def program(self, args: Any, *, limits: Limits | None = None, **options: Any) -> Completed:
        """Run a program that ends in time and leaves room; the rest as in `JobKind.program`.

        Those that come with limits of their own only look: they write no files.
        """
        return self._kind.program(args, limits=limits or self._limits(), **options)

    def _limits(self) -> Limits:
        return Limits(
            wall_s=max(LEAST_S, self._ends_at_s - monotonic()),
            memory_bytes=self._kind.memory_limit_bytes,
            file_size_bytes=_spare_bytes(),
        )


def _spare_bytes() -> int:
    """Return what the disk has free beyond what the operator keeps free."""
    free_bytes = shutil.disk_usage(storage.root()).free
    return max(LEAST_FILE_BYTES, free_bytes - current().min_free_disk_bytes)
