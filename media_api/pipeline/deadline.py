"""The operator's limit on one request: what is done by then is kept."""

from time import monotonic
from typing import Any

from core.errors import JobError
from core.jobs.kinds import JobKind
from core.media.process import Completed, Limits

# How long after it the kernel ends a job that has not ended itself: time to pack what is done.
PACKING_S = 60.0
LEAST_S = 1.0


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
        """Run a program that ends in time; the rest as in `JobKind.program`."""
        left_s = max(LEAST_S, self._ends_at_s - monotonic())
        limits = limits or Limits(memory_bytes=self._kind.memory_limit_bytes, wall_s=left_s)
        return self._kind.program(args, limits=limits, **options)
