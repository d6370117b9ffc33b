"""How our own programs read a stream from the ingest."""

from core.media import process
from core.media.ffmpeg import Input, Runner
from core.media.ffmpeg_rules import PROTOCOLS
from core.media.probe import MediaInfo, probe_stream

# ffmpeg's own RTMP client speaks over TCP.
RTMP = PROTOCOLS | {"rtmp", "tcp"}
FORMAT = "flv"
PROBE_WITHIN_S = 30.0


def input_of(address: str) -> Input:
    """Return a stream as an input of ffmpeg."""
    return Input(address, format=FORMAT)


def look_at(address: str, *, runner: Runner = process.run) -> MediaInfo:
    """Say what comes; one connection, as a runner makes too.

    Raises: `NotMedia`, `ProgramTimeout`, `ProgramMissing`.
    """
    return probe_stream(
        address, protocols=RTMP, format=FORMAT, timeout_s=PROBE_WITHIN_S, runner=runner
    )
