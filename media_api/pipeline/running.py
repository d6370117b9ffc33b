"""Stages one after the other: what fails skips those that need it, the others go on."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from django.db import Error as AnyDatabaseError

from core.counts import count
from core.errors import TemporaryFailure
from core.jobs.lifecycle import LeaseLost
from media_api import storage
from media_api.engines.plan import Plan
from media_api.figures import STAGE_SECONDS, STAGES
from media_api.models import Unmade
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
    """What the stages came to. `error` is the first failure's; `unmade` as in the request's row."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    unmade: dict[str, str] = field(default_factory=dict)
    error: ErrorBody | None = None


def run_stages(
    work: Work,
    plan: Plan,
    stages: Mapping[str, Stage],
    *,
    report: Report,
    keep: Callable[[], None],
    tell_unmade: Callable[[Mapping[str, str]], None],
    may_come_again: bool,
) -> Outcome:
    """Run what was planned, in its order. Failures are in the outcome.

    Begin and end of a stage are told `at_once`: nobody who watches misses them. Before a
    stage's files are placed `keep` makes sure that the job is still ours. `tell_unmade` hears of
    all that has failed or was skipped, before the next stage begins.

    Raises: `LeaseLost`, what the database raises, and `TemporaryFailure` if the whole
    `may_come_again`; on the last attempt that is a failure like any other.
    """
    passed_on: tuple[type[Exception], ...] = (LeaseLost, AnyDatabaseError)
    if may_come_again:
        passed_on = (*passed_on, TemporaryFailure)
    outcome = Outcome()
    for number, planned in enumerate(plan.stages, start=1):
        if not set(planned.needs) <= outcome.done:
            outcome.unmade[planned.name] = Unmade.SKIPPED.value
            tell_unmade(outcome.unmade)
            continue
        begun_at_s = monotonic()
        try:
            work.check()
            report(planned.name, 0.0, at_once=True)
            made = stages[planned.name](work, partial(report, planned.name))
            keep()
            outcome.outputs += [_placed(work.rid, path) for path in made]
        except passed_on:
            raise
        except Exception as error:  # noqa: BLE001 - one stage's fault is not the others'
            outcome.error = outcome.error or error_body(planned.name, number, error)
            outcome.unmade[planned.name] = Unmade.FAILED.value
            tell_unmade(outcome.unmade)
            continue
        outcome.done.add(planned.name)
        count(STAGES, planned.name)
        count(STAGE_SECONDS, planned.name, monotonic() - begun_at_s)
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
