"""Following requests to their end: a bar a stage for people, an object an event for programs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from medialoom.cli.context import Desk
from medialoom.client import Client, why
from medialoom.errors import plain
from medialoom.progress import FINISHED, OnBytes, Progress, silent


class Interrupted(Exception):  # noqa: N818 - no error: what was asked for goes on
    """Nobody waits any more; the text says how to go on."""


def follow(desk: Desk, client: Client, rids: list[str]) -> dict[str, Progress]:
    """Show requests until all have ended; return their ends. Raises: `Interrupted`."""
    ends: dict[str, Progress] = {}
    try:
        with _shown(desk) as board:
            for progress in client.watch(rids):
                board.show(progress)
                if progress.is_final:
                    ends[progress.rid] = progress
    except KeyboardInterrupt:
        left = " ".join(rid for rid in rids if rid not in ends)
        raise Interrupted(f"The request goes on: `medialoom watch {left}` shows it.") from None
    return ends


def exit_status(ends: dict[str, Progress]) -> int:
    """Return the worst exit status of some requests: failed, then partially done."""
    statuses = {end.exit_status for end in ends.values()}
    return next((status for status in (1, 3) if status in statuses), 0)


class _Board:
    """Shows what happens; one bar for each stage of each request."""

    def __init__(self, desk: Desk, bars: Bars | None) -> None:
        self._desk = desk
        self._bars = bars
        self._tasks: dict[tuple[str, int], TaskID] = {}
        self._said: dict[str, tuple[int, int]] = {}

    def show(self, progress: Progress) -> None:
        """Show how far a request is."""
        if self._desk.is_json:
            self._desk.say("", progress.body())
        elif self._bars is not None:
            self._draw(self._bars, progress)
        elif self._said.get(progress.rid) != (progress.status, progress.stage):
            self._desk.console.print(line_of(progress))
        self._said[progress.rid] = (progress.status, progress.stage)

    def _draw(self, bars: Bars, progress: Progress) -> None:
        if progress.stage > 0 and progress.status <= FINISHED:
            self._fill_earlier(bars, progress)
            bars.update(
                self._task(bars, progress),
                completed=100 if progress.status == FINISHED else progress.pct,
                description=_label(progress),
            )
        if progress.is_final:
            bars.console.print(line_of(progress))

    def _fill_earlier(self, bars: Bars, progress: Progress) -> None:
        for (rid, stage), task in self._tasks.items():
            if rid == progress.rid and stage < progress.stage:
                bars.update(task, completed=100)

    def _task(self, bars: Bars, progress: Progress) -> TaskID:
        key = progress.rid, progress.stage
        if key not in self._tasks:
            self._tasks[key] = bars.add_task(_label(progress), total=100)
        return self._tasks[key]


def _label(progress: Progress) -> str:
    whole = progress.stages if progress.stages > 0 else "?"
    return f"{progress.rid[:8]} stage {progress.stage}/{whole}"


def line_of(progress: Progress) -> str:
    """Return a line for people on how far a request is."""
    if progress.is_final:
        return plain(why(progress))
    stage = f", stage {progress.stage}" if progress.stage > 0 else ""
    stage += f" of {progress.stages}" if stage and progress.stages > 0 else ""
    return f"{progress.rid}: {progress.word}{stage}"


@contextmanager
def _shown(desk: Desk) -> Iterator[_Board]:
    if desk.is_json or not desk.console.is_terminal:
        yield _Board(desk, None)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        "{task.percentage:>3.0f} %",
    )
    with Bars(*columns, console=desk.console) as bars:
        yield _Board(desk, bars)


@contextmanager
def byte_bar(desk: Desk, what: str) -> Iterator[OnBytes]:
    """Give a function that shows how many bytes have gone; it draws on a terminal alone."""
    if desk.is_json or not desk.console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Bars(*columns, console=desk.console, transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, whole: bars.update(task, completed=done, total=whole)
