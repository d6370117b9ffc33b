"""Decoding the two ends of a result, to see that a player will (transcode contract, section 7)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from core.media import process
from core.media.errors import OutputTooLarge, ProgramFailed, ProgramOutOfMemory
from core.media.ffmpeg import Input, Runner, ffmpeg
from core.media.probe import MediaInfo
from core.media.process import Limits
from core.media.progress import Progress
from transcode.engines.byteranges import extract
from transcode.engines.errors import Refused
from transcode.engines.playlists import MediaPlaylist, Segment

# ffmpeg's demuxer of MP4, by one of its names; nothing else may be in a result.
MP4 = frozenset(("mov",))
END_S = 2.0

_LIMITS = Limits(wall_s=120, memory_bytes=2 * 1024**3)
_STRICT = ("-err_detect", "explode")


def require_decodable_segments(
    video: Path, playlist: MediaPlaylist, *, scratch: Path, runner: Runner = process.run
) -> None:
    """Decode the first two seconds and the last two, each cut out as a player fetches them.

    So the cost does not grow with the video, and a piece that leans on what came before is found.

    Raises: Refused, `undecodable`.
    """
    ends = {"first": _covering(playlist.segments), "last": _covering(playlist.segments[::-1])[::-1]}
    for which, segments in ends.items():
        piece = scratch / f"{which}-segments.mp4"
        try:
            extract(video, [playlist.initial, *(each.byterange for each in segments)], piece)
            _require_decodable(piece, ("-t", f"{END_S:g}") if which == "first" else (), runner)
        finally:
            piece.unlink(missing_ok=True)


def require_decodable_ends(video: Path, info: MediaInfo, *, runner: Runner = process.run) -> None:
    """Decode the first two seconds and the last two of a progressive file.

    Raises: Refused, `undecodable`.
    """
    _require_decodable(video, ("-t", f"{END_S:g}"), runner)
    if info.duration_s > END_S:
        _require_decodable(video, ("-ss", f"{info.duration_s - END_S:.3f}"), runner)


def _covering(segments: Iterable[Segment]) -> Sequence[Segment]:
    """As many of the first as last two seconds."""
    taken: list[Segment] = []
    for segment in segments:
        taken.append(segment)
        if sum(each.duration_s for each in taken) >= END_S:
            break
    return taken


def _require_decodable(path: Path, options: tuple[str, ...], runner: Runner) -> None:
    heard: list[Progress] = []
    output = ["-map", "0:v?", "-map", "0:a?", "-xerror", "-f", "null", "-"]
    try:
        ffmpeg(
            [Input(path, options=(*_STRICT, *options))],
            output,
            limits=_LIMITS,
            on_progress=heard.append,
            runner=runner,
            demuxers=MP4,
        )
    except (ProgramFailed, ProgramOutOfMemory, OutputTooLarge) as error:
        raise _undecodable() from error
    # A file whose fragments are empty decodes without an error, to nothing.
    if not heard or not (heard[-1].out_time_s or heard[-1].frame):
        raise _undecodable()


def _undecodable() -> Refused:
    return Refused("The result cannot be decoded at its beginning or end.", code="undecodable")
