"""How our own programs read a stream from the ingest."""

from core.media import process
from core.media.ffmpeg import Input, Runner
from core.media.ffmpeg_rules import PROTOCOLS
from core.media.probe import MediaInfo, probe_stream
from transcode.live.addresses import own_address

# ffmpeg's own RTMP client speaks over TCP.
RTMP = PROTOCOLS | {"rtmp", "tcp"}
FORMAT = "flv"
PROBE_WITHIN_S = 30.0


def input_of(key: str) -> Input:
    """Return the stream that a key reads, as an input of ffmpeg."""
    return Input(own_address(key), format=FORMAT)


def look_at(key: str, *, runner: Runner = process.run) -> MediaInfo:
    """Say what comes; one connection, as a runner makes too.

    Raises: `NotMedia`, `ProgramTimeout`, `ProgramMissing`.
    """
    return probe_stream(
        own_address(key), protocols=RTMP, format=FORMAT, timeout_s=PROBE_WITHIN_S, runner=runner
    )
