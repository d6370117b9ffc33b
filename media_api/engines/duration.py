"""How long a file plays, where it does not say so itself (Media API contract, 4.3)."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.media import process
from core.media.errors import ProgramFailed, ProgramOutOfMemory, ProgramTimeout
from core.media.ffmpeg import Runner, ffprobe
from core.media.numbers import number_of
from core.media.probe import MediaInfo
from core.media.process import Completed, Limits

LIMITS = Limits(wall_s=120.0, memory_bytes=2**30)

_OPTIONS = ("-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0")


class _Span:
    """From when to when packets last, in seconds, as ffprobe's lines tell."""

    def __init__(self) -> None:
        self._begins_s: float | None = None
        self._end_s = 0.0

    @property
    def length_s(self) -> float:
        return max(0.0, self._end_s - (self._begins_s or 0.0))

    def see(self, line: str) -> None:
        at_s, _, length_s = line.partition(",")
        start_s = number_of(at_s)
        if start_s is None:
            return
        self._begins_s = start_s if self._begins_s is None else min(self._begins_s, start_s)
        self._end_s = max(self._end_s, start_s + (number_of(length_s.strip(",")) or 0.0))


def duration_s(path: Path, info: MediaInfo, *, runner: Runner = process.run) -> float:
    """Return the container's length, the longest stream's, or what the packets tell; 0 is unknown.

    Of a file that cannot be read to its end, or not in time, it is the length of what was read.

    Raises: ProgramMissing, and what a job's runner raises.
    """
    if info.duration_s > 0:
        return info.duration_s
    span = _Span()
    with suppress(ProgramFailed, ProgramTimeout, ProgramOutOfMemory):
        ffprobe(path, _OPTIONS, limits=LIMITS, runner=_telling(runner, span.see))
    return span.length_s


def _telling(runner: Runner, hear: Callable[[str], None]) -> Runner:
    """Hear what is printed line by line: of half a day it is more than may be captured."""

    def run(args: Any, **options: Any) -> Completed:
        return runner(args, **{**options, "capture": False, "on_stdout": hear})

    return run
