"""A command of ffmpeg as data, and the one way in which it is run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg as graph

from core.media.ffmpeg import Input, Runner, ffmpeg
from core.media.process import Completed, Limits
from core.media.progress import Progress

FAST_START: Mapping[str, str] = {"movflags": "+faststart", "max_muxing_queue_size": "4096"}
"""A file that plays while it is still being fetched."""


@dataclass(frozen=True)
class Command:
    """One input, and all that follows it on the command line. `cwd` is where it writes its logs."""

    input: Input
    output: tuple[str, ...]
    cwd: Path | None = None


def stream(index: int) -> Any:
    """The node of one of the input's streams, by its number: `v` might be a cover picture."""
    return graph.input("0")[str(index)]


def command(
    source: Path,
    streams: Sequence[Any],
    target: str,
    options: Mapping[str, str],
    *,
    muxer: str,
    cwd: Path | None = None,
) -> Command:
    """The command that brings streams of one file into one output, in this order."""
    words = graph.output(*streams, target, format=muxer, **options).get_args()
    return Command(Input(source), tuple(words[2:]), cwd)  # without the graph's own `-i 0`


def run(
    command: Command,
    *,
    runner: Runner,
    limits: Limits | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    threads: int | None = None,
) -> Completed:
    """Run a command; the log hears its warnings. Raises: what `core.media.ffmpeg.ffmpeg` raises."""
    return ffmpeg(
        [command.input],
        command.output,
        cwd=command.cwd,
        runner=runner,
        limits=limits,
        on_progress=on_progress,
        threads=threads,
        level="warning",
    )
