"""How long a file plays, where it does not say so itself (Media API contract, 4.3)."""

from pathlib import Path

from core.media import process
from core.media.errors import OutputTooLarge, ProgramFailed, ProgramOutOfMemory, ProgramTimeout
from core.media.ffmpeg import Runner, ffprobe
from core.media.numbers import number_of
from core.media.probe import MediaInfo
from core.media.process import Limits

LIMITS = Limits(wall_s=120.0, memory_bytes=2**30)

_OPTIONS = ("-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0")


def duration_s(path: Path, info: MediaInfo, *, runner: Runner = process.run) -> float:
    """Return the container's length, the longest stream's, or what the packets tell; 0 is unknown.

    Raises: ProgramMissing, and what a job's runner raises.
    """
    if info.duration_s > 0:
        return info.duration_s
    try:
        printed = ffprobe(path, _OPTIONS, limits=LIMITS, runner=runner).stdout
    except (ProgramFailed, ProgramTimeout, ProgramOutOfMemory, OutputTooLarge):
        return 0.0
    begins_s, end_s = None, 0.0
    for line in printed.decode("ascii", "replace").splitlines():
        at_s, _, length_s = line.partition(",")
        start_s = number_of(at_s)
        if start_s is None:
            continue
        begins_s = start_s if begins_s is None else min(begins_s, start_s)
        end_s = max(end_s, start_s + (number_of(length_s.strip(",")) or 0.0))
    return max(0.0, end_s - (begins_s or 0.0))
