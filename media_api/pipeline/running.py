"""Stages one after the other: what fails skips those that need it, the others go on."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.db import Error as AnyDatabaseError

from core.errors import TemporaryFailure
from core.jobs.lifecycle import LeaseLost
from media_api import storage
from media_api.engines.plan import Plan
from media_api.pipeline.failures import error_body
from media_api.pipeline.work import Stage, Work
from media_api.progress import ErrorBody

BLOCK_BYTES = 2**20


class Report(Protocol):
    """How far a stage is, from 0.0 to 1.0 (`JobKind.report`)."""

    def __call__(self, stage: str, progress: float, *, at_once: bool = False) -> None:
        """Say it."""


@dataclass
class Outcome:
    """What the stages came to. `error` is the first failure's."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    error: ErrorBody | None = None


def run_stages(
    work: Work,
    plan: Plan,
    stages: Mapping[str, Stage],
    *,
    report: Report,
    keep: Callable[[], None],
    may_come_again: bool,
) -> Outcome:
    """Run what was planned, in its order. Failures are in the outcome.

    Begin and end of a stage are told `at_once`: nobody who watches misses them. Before a
    stage's files are placed `keep` makes sure that the job is still ours.

    Raises: `LeaseLost`, what the database raises, and `TemporaryFailure` if the whole
    `may_come_again`; on the last attempt that is a failure like any other.
    """
    passed_on: tuple[type[Exception], ...] = (LeaseLost, AnyDatabaseError)
    if may_come_again:
        passed_on = (*passed_on, TemporaryFailure)
    outcome = Outcome()
    for number, planned in enumerate(plan.stages, start=1):
        if not set(planned.needs) <= outcome.done:
            continue
        report(planned.name, 0.0, at_once=True)
        try:
            work.check()
            made = stages[planned.name](work, partial(report, planned.name))
            keep()
            outcome.outputs += [_placed(work.rid, path) for path in made]
        except passed_on:
            raise
        except Exception as error:  # noqa: BLE001 - one stage's fault is not the others'
            outcome.error = outcome.error or error_body(planned.name, number, error)
            continue
        outcome.done.add(planned.name)
        report(planned.name, 1.0, at_once=True)
    return outcome


def _placed(rid: str, made: Path) -> dict[str, Any]:
    """Move an output to where it stays, and describe it."""
    path = storage.place(rid, made)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return {"name": path.name, "size_bytes": path.stat().st_size, "sha256": digest.hexdigest()}
