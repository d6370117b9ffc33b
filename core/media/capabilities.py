"""What the ffmpeg of this machine can do, asked once in the life of a process.

That an encoder is compiled in says nothing about a graphics card, so each is tried with a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.media.errors import (
    OutputTooLarge,
    ProgramFailed,
    ProgramOutOfMemory,
    ProgramStalled,
    ProgramTimeout,
)
from core.media.ffmpeg import ffmpeg
from core.media.process import Limits

SOFTWARE_H264 = "libx264"

_LIMITS = Limits(wall_s=20.0)
_DEVICES = Path("/dev/dri")


@dataclass(frozen=True)
class Device:
    """What an encoder needs of a device.

    `options` go before the first output; `upload` are the filters, each with its value, at the
    end of a chain, none where frames in memory will do.
    """

    options: tuple[str, ...] = ()
    upload: tuple[tuple[str, ...], ...] = ()


@cache
def encoders() -> frozenset[str]:
    """The names of the encoders that are compiled in, of every kind of stream.

    Raises: ProgramMissing.
    """
    return _listed("-encoders")


@cache
def has_filter(name: str) -> bool:
    """Say whether a filter is compiled in. Raises: ProgramMissing."""
    return name in _listed("-filters")


@cache
def can_encode(name: str) -> bool:
    """Say whether a video encoder works here, by encoding one frame with it.

    Raises: ProgramMissing; ProgramNotStarted, after which the next call tries again.
    """
    if name not in encoders():
        return False
    device = device_for(name)
    picture = "color=size=256x256:rate=25:duration=1,format=yuv420p"
    chain = ",".join([picture, *("=".join(filter_) for filter_ in device.upload)])
    words = ["-filter_complex", chain, "-frames:v", "1", "-c:v", name, "-f", "null", "-"]
    try:
        ffmpeg([], [*device.options, *words], limits=_LIMITS)
    except (ProgramFailed, ProgramTimeout, ProgramStalled, ProgramOutOfMemory, OutputTooLarge):
        return False
    return True


def first_usable(preferred: Sequence[str]) -> str:
    """The first of these encoders that works here, else the software encoder for H.264.

    Raises: as `can_encode`.
    """
    return next((name for name in preferred if can_encode(name)), SOFTWARE_H264)


def device_for(encoder: str) -> Device:
    """What has to be said for an encoder to find its device, at its trial and at its work."""
    if encoder.endswith("_vaapi"):
        return Device(("-vaapi_device", _render_node()), (("format", "nv12"), ("hwupload",)))
    if encoder.endswith("_qsv"):
        return Device(upload=(("format", "nv12"),))
    return Device()


def _render_node() -> str:
    nodes = sorted(_DEVICES.glob("renderD*"))
    return str(nodes[0] if nodes else _DEVICES / "renderD128")


def _listed(option: str) -> frozenset[str]:
    """The second word of each line of a list, after the flags."""
    lines: list[str] = []
    ffmpeg([], [option], limits=_LIMITS, on_line=lines.append)
    rows = (line.split() for line in lines if line.startswith(" "))
    return frozenset(row[1] for row in rows if len(row) > 1 and row[1] != "=")
