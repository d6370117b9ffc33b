"""A kind of job: a name, what it takes, and `run()`. Everything else is the kernel's.

A new kind is one file in some app's `kinds/` folder (docs/adding-a-job.md).
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Unpack
from uuid import UUID

from django.apps import apps
from django.db.models import Q
from rest_framework import serializers

from core.jobs.models import Job
from core.jobs.types import Json
from core.media.process import Completed, Limits, RunOptions

if TYPE_CHECKING:
    from core.jobs.holding import Holding

_KINDS: dict[str, type["JobKind"]] = {}


class NoParams(serializers.Serializer[object]):
    """A kind that takes nothing."""


class JobKind:
    """One sort of background work. Subclasses set `name` and write `run`.

    Its jobs wait in `queue`, those that were handed over to be finished in `finish_queue`.

    `stages` are the names a job walks through, in order. `max_attempts` counts attempts
    in all; the next starts after `retry_delays_s`. `time_limit_s` is for one attempt.
    `retries_crashes` counts an error that nobody expected (a disk or a bucket that says no)
    as one that may pass. `lost_code` and `lost_message` say why a job failed whose last holder
    fell silent. `is_abortable` lets who holds a job give it back, for another to begin it anew;
    without it a worker that is told to stop fails the job. `is_startable` lets
    `POST /api/v1/jobs/` begin it. `title` is what people call it.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    queue: ClassVar[str] = "default"
    finish_queue: ClassVar[str] = "io"
    stages: ClassVar[tuple[str, ...]] = ()
    params_serializer: ClassVar[type[serializers.Serializer[object]]] = NoParams
    max_attempts: ClassVar[int] = 3
    retries_crashes: ClassVar[bool] = False
    lost_code: ClassVar[str] = "worker_lost"
    lost_message: ClassVar[str] = "The worker was lost, and no attempt is left."
    retry_delays_s: ClassVar[Sequence[float]] = ()
    time_limit_s: ClassVar[float] = 3600.0
    memory_limit_bytes: ClassVar[int] = 2**31
    is_abortable: ClassVar[bool] = True
    is_startable: ClassVar[bool] = False
    is_staff_only: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Make the kind known by its name."""
        if cls.name:
            _KINDS[cls.name] = cls

    def __init__(self, job: Job, holding: "Holding") -> None:
        self.job = job
        self.holding = holding
        self.stage_names = self.stages_of(job.params)
        self.member_results: dict[UUID, Json] = {}

    def run(self) -> Json:
        """Do the work and return the result. Raises: `JobError` for expected failures."""
        raise NotImplementedError  # each kind says what its work is

    def finish(self) -> Json:
        """Do the second half of a job that was handed over, and return the result.

        It must bear being called again: whoever did it before may have died.
        """
        raise NotImplementedError  # only kinds that hand jobs over have one

    def publish(self, result: Json) -> None:
        """Write domain rows, in the transaction that makes the job succeeded.

        It must bear being called again: the transaction is repeated if the database was away.
        """

    @classmethod
    def changed(cls, job: Job) -> None:
        """React to any change of a job of this kind, in the change's transaction."""

    @classmethod
    def stages_of(cls, params: Json) -> tuple[str, ...]:  # noqa: ARG003 - for subclasses
        """Return the names of the stages that a job with these params walks through."""
        return cls.stages

    @classmethod
    def queue_of(cls, params: Json) -> str:  # noqa: ARG003 - for subclasses
        """Return the queue that jobs with these params wait in; "" where no worker takes them."""
        return cls.queue

    @classmethod
    def wait_s(cls, job: Job) -> float:  # noqa: ARG003
        """Return for how many seconds workers leave a newly queued job to other holders."""
        return 0.0

    @classmethod
    def family_of(cls, job: Job) -> Q | None:  # noqa: ARG003
        """Match the children that whoever claims the job takes with it, under one lease."""
        return None

    @classmethod
    def has_another_attempt(cls, job: Job) -> bool:
        """Return whether a job may begin again after an attempt that ended badly."""
        return job.attempts_left > 0

    @classmethod
    def attempt_failed(cls, job: Job) -> None:
        """React to an attempt that ended badly, in that change's transaction.

        A kind that counts failures of its own counts here.
        """

    @classmethod
    def begun_anew(cls, job: Job) -> None:
        """React to a person's retry, in the retry's transaction."""

    @classmethod
    def active_limit(cls) -> int:
        """Return how many of one owner's jobs may run at once; 0 is no limit."""
        return 0

    @classmethod
    def host_limit(cls) -> int:
        """Return how many jobs of this kind may run at once on one machine; 0 is no limit.

        They begin in the order in which they were queued (`core.jobs.turns`).
        """
        return 0

    @classmethod
    def delay_s(cls, job: Job) -> float:
        """Return how many seconds a job waits before the attempt after its present one."""
        if not cls.retry_delays_s:
            return 0.0
        used = max(1, cls.max_attempts - job.attempts_left)
        return cls.retry_delays_s[min(used, len(cls.retry_delays_s)) - 1]

    def limit_s(self) -> float:
        """Return the time limit of this very job, in seconds."""
        return self.time_limit_s

    @property
    def scratch(self) -> Path:
        """Return this attempt's own folder, removed when the attempt ends."""
        return self.holding.scratch

    @property
    def members(self) -> list[Job]:
        """The children that this attempt makes too (`family_of`)."""
        return self.holding.members

    def report(self, stage: str, progress: float, *, at_once: bool = False) -> None:
        """Say how far a stage is, 0.0 to 1.0; what nobody may miss is written `at_once`.

        Raises: `LeaseLost` when cancelled.
        """
        index = self.stage_names.index(stage) if stage in self.stage_names else 0
        self.holding.report(stage, index, progress, at_once=at_once)

    def check(self) -> None:
        """Stop here if the job was cancelled or taken over. Raises: `LeaseLost`."""
        self.holding.check()

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Keep the lease through work that has nothing to report."""
        with self.holding.heartbeat():
            yield

    def program(
        self,
        args: Sequence[str | PathLike[str]],
        *,
        limits: Limits | None = None,
        on_line: Callable[[str], None] | None = None,
        **options: Unpack[RunOptions],
    ) -> Completed:
        """Run a program that lives and dies with this job; its lines go to the job's log."""
        return self.holding.program(args, limits=limits, on_line=on_line, **options)


class UnknownKind(JobKind):
    """A job of a kind that this installation no longer has: it stays as it is."""

    def run(self) -> Json:
        """Refuse. Raises: `RuntimeError`."""
        raise RuntimeError(f"no kind of job is named {self.job.kind}")


def kind_named(name: str) -> type[JobKind]:
    """Return the kind of that name, or `UnknownKind`."""
    return _KINDS.get(name, UnknownKind)


def known_kinds() -> dict[str, type[JobKind]]:
    """Return every kind by its name."""
    return dict(_KINDS)


def discover() -> None:
    """Import every module in the `kinds` package of every installed app."""
    for config in apps.get_app_configs():
        try:
            package = importlib.import_module(f"{config.name}.kinds")
        except ModuleNotFoundError as error:
            if error.name != f"{config.name}.kinds":
                raise
            continue
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
