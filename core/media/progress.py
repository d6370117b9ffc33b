"""What ffmpeg says about how far it is: the blocks that `-progress` writes.

A block is lines of `key=value` and ends with `progress=continue` or `progress=end`. Any value may
be `N/A`, and keys differ with the version and with the streams.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from core.media.errors import ProgramStalled
from core.media.numbers import number_of


@dataclass(frozen=True)
class Progress:
    """How far one run is. `out_time_s` is the length of what was written, never below 0.

    `speed` is the ratio of that length to real time, `fps` the frames encoded per second, both
    since the beginning; None where ffmpeg does not know yet. Without a picture `frame` stays 0.
    """

    out_time_s: float = 0.0
    frame: int = 0
    fps: float | None = None
    speed: float | None = None
    size_bytes: int = 0
    is_end: bool = False

    def fraction(self, duration_s: float) -> float:
        """Return the share that is done of an output of that length, 0.0 to 1.0."""
        if self.is_end:
            return 1.0
        return min(1.0, self.out_time_s / duration_s) if duration_s > 0 else 0.0


class ProgressParser:
    """Put together blocks out of lines, in whatever order their keys come."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def feed(self, line: str) -> Progress | None:
        """Take one line. Returns the block that it completes."""
        key, equals, value = line.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or key not in _KEYS:
            return None
        self._values[key] = value
        if key != "progress":
            return None
        values, self._values = self._values, {}
        return _progress(values)


class Stall:
    """Raise once nothing has moved for `stall_s`, though ffmpeg goes on writing its blocks.

    Since version 7 it writes them by the clock, so that they are no sign of life.
    """

    def __init__(self, stall_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stall_s, self._clock = stall_s, clock
        self._moved_at = clock()
        self._seen = (0.0, 0, 0)

    def see(self, progress: Progress) -> None:
        """Compare with the last block. Raises: ProgramStalled."""
        state = (progress.out_time_s, progress.frame, progress.size_bytes)
        if state != self._seen or progress.is_end:
            self._seen, self._moved_at = state, self._clock()
        elif self._clock() - self._moved_at > self._stall_s:
            raise ProgramStalled("ffmpeg stopped making progress.")


# `out_time_ms` holds microseconds too (ffmpeg ticket 7345) and is left alone.
_KEYS = frozenset(("frame", "fps", "total_size", "out_time_us", "speed", "progress"))


def _progress(values: dict[str, str]) -> Progress:
    return Progress(
        out_time_s=max(0.0, (number_of(values.get("out_time_us")) or 0.0) / 1_000_000),
        frame=max(0, int(number_of(values.get("frame")) or 0)),
        fps=number_of(values.get("fps")),
        speed=number_of(values.get("speed", "").removesuffix("x")),
        size_bytes=max(0, int(number_of(values.get("total_size")) or 0)),
        is_end=values["progress"] == "end",
    )
