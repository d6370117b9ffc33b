"""The one function through which every call of ffmpeg goes, and its sister for ffprobe.

Each input is opened through a list of protocols and a list of demuxers (`ffmpeg_rules`), as `file:`
and an absolute path, so that no name passes for an option or an address, and with at most 64
streams. What is said afterwards, in errors, names no folder of this machine.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import JobError
from core.media import process
from core.media.ffmpeg_rules import (
    DEMUXERS,
    PROTOCOLS,
    address_scheme,
    require_safe,
    without_folders,
)
from core.media.paths import file_url
from core.media.process import Completed, Limits, RunOptions
from core.media.progress import Progress, ProgressParser, Stall

MAX_STREAMS = 64
STDIN = "pipe:0"

# `process.run`, or `JobKind.program` of the job that the program is to live and die with. It takes
# the arguments, `limits`, `on_line` and `process.RunOptions`.
Runner = Callable[..., Completed]
Word = str | os.PathLike[str]


@dataclass(frozen=True)
class Input:
    """A file to read. `options` stand before it, as ("-ss", "3"); `format` forces a demuxer.

    An address instead of a path is for our own live ingest; its protocol has to be allowed.
    `STDIN` is what the run's `stdin` brings.
    """

    path: Path | str
    options: tuple[str, ...] = ()
    format: str | None = None


def ffmpeg(
    inputs: Sequence[Input],
    output: Sequence[Word],
    *,
    limits: Limits | None = None,
    cwd: Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    check: Callable[[], None] | None = None,
    runner: Runner = process.run,
    demuxers: frozenset[str] = DEMUXERS,
    protocols: frozenset[str] = PROTOCOLS,
    threads: int | None = None,
    nice: int = 10,
    level: Literal["error", "warning"] = "error",
) -> Completed:
    """Run ffmpeg. `output` is all that follows the inputs; a path object in it becomes `file:`.

    Files that exist are overwritten. `threads` bounds each decoder, the filters and the first
    output's encoders. `limits` are the runner's own unless given; with `on_progress`, `stall_s`
    also bounds how long the output may stand still. `check` is for `process.run`; a job's runner
    has its own. `level` is what has to be the matter for ffmpeg to write a line of it.

    Raises: what `process.run` raises (errors hold no path); ValueError for arguments that would
    open something else, a programmer's mistake.
    """
    fences = _Fences(demuxers, protocols)
    options: RunOptions = {"nice": nice}
    if cwd is not None:
        options["cwd"] = cwd
    if on_progress is not None:
        options["on_stdout"] = _listener(on_progress, limits)
    more: dict[str, Any] = {**options, **({"check": check} if check else {})}
    command = [
        *("ffmpeg", "-nostdin", "-hide_banner", "-v", level, "-y"),
        *(("-progress", "pipe:1", "-nostats") if on_progress else ()),
        *_threads(threads, "-filter_threads", "-filter_complex_threads"),
        *(word for each in inputs for word in fences.input(each, threads)),
        *_threads(threads, "-threads"),
        *fences.output(output, cwd),
    ]
    with _errors_without(_folders(inputs, output, cwd)):
        return _run(runner, command, limits, on_line=on_line, **more)


def ffprobe(
    path: Path | str,
    options: Sequence[str],
    *,
    limits: Limits | None = None,
    demuxers: frozenset[str] = DEMUXERS,
    protocols: frozenset[str] = PROTOCOLS,
    format: str | None = None,  # noqa: A002 - as in Input
    runner: Runner = process.run,
) -> Completed:
    """Run ffprobe on a file, or on an address as in `Input`; what it prints is in `stdout`.

    Raises: what `process.run` raises (errors hold no path); ValueError, as `ffmpeg` does.
    """
    require_safe(options, PROTOCOLS, of_output=False)
    fences = _Fences(demuxers, protocols)
    address, guards = fences.address(path), fences.guards(format)
    command = ["ffprobe", "-hide_banner", "-v", "error", *guards, *options, address]
    with _errors_without([path.absolute().parent] if isinstance(path, Path) else []):
        return _run(runner, command, limits, on_line=None, capture=True)


@dataclass(frozen=True)
class _Fences:
    """What may be opened, turned into arguments."""

    demuxers: frozenset[str]
    protocols: frozenset[str]

    def input(self, given: Input, threads: int | None) -> list[str]:
        require_safe(given.options, self.protocols, of_output=False)
        limited = _threads(threads, "-threads")
        address = self.address(given.path)
        return [*limited, *given.options, *self.guards(given.format), "-i", address]

    def address(self, path: Path | str) -> str:
        """What stands behind `-i`. Raises: ValueError for a protocol that is not allowed."""
        if isinstance(path, Path):
            return file_url(path)
        if path == STDIN:
            return path
        if address_scheme(path) not in self.protocols - PROTOCOLS:
            raise ValueError("an input is a Path, or an address whose protocol is allowed")
        return path

    def guards(self, forced: str | None) -> list[str]:
        """The options that stand before each input."""
        if forced is not None and forced not in self.demuxers:
            raise ValueError(f"the demuxer {forced} is not allowed")
        return [
            *("-protocol_whitelist", ",".join(sorted(self.protocols))),
            *("-format_whitelist", ",".join(sorted(self.demuxers))),
            *("-max_streams", str(MAX_STREAMS)),
            *(("-f", forced) if forced else ()),
        ]

    def output(self, words: Sequence[Word], cwd: Path | None) -> list[str]:
        given = [
            word if isinstance(word, str) else file_url((cwd or Path()) / word) for word in words
        ]
        require_safe(given, self.protocols, of_output=True)
        return given


def _run(runner: Runner, command: list[str], limits: Limits | None, **options: Any) -> Completed:
    return runner(command, **options, **({"limits": limits} if limits else {}))


def _threads(count: int | None, *options: str) -> list[str]:
    return [word for option in options for word in (option, str(count))] if count else []


def _folders(inputs: Sequence[Input], output: Sequence[Word], cwd: Path | None) -> list[Path]:
    """Where the files of a run lie."""
    read = [each.path for each in inputs if isinstance(each.path, Path)]
    written = [(cwd or Path()) / word for word in output if not isinstance(word, str)]
    return [*(path.absolute().parent for path in (*read, *written)), *([cwd] if cwd else [])]


def _listener(tell: Callable[[Progress], None], limits: Limits | None) -> Callable[[str], None]:
    """What takes the lines of `-progress` and tells each block."""
    parser = ProgressParser()
    stall = Stall(limits.stall_s) if limits and limits.stall_s else None

    def listen(line: str) -> None:
        progress = parser.feed(line)
        if progress is None:
            return
        if stall:
            stall.see(progress)
        tell(progress)

    return listen


@contextmanager
def _errors_without(folders: Sequence[Path]) -> Iterator[None]:
    """Cut paths out of the lines that an error keeps, for they are shown to users."""
    try:
        yield
    except JobError as error:
        tail: tuple[str, ...] = getattr(error, "tail", ())
        if tail:
            error.tail = tuple(without_folders(line, folders) for line in tail)  # type: ignore[attr-defined]
        raise
