"""Small HLS results for tests, as a runner sends them, each made once a run by a real ffmpeg."""

import fcntl
import functools
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.media.ffmpeg import Input, ffmpeg
from core.media.ffmpeg_rules import DEMUXERS
from tests.support.clips import clip
from tests.support.environment import SHARED

_VIDEO = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30"),
    *("-sc_threshold", "0"),
)
_AUDIO = ("-c:a", "aac", "-b:a", "64k", "-ac", "2")
# What is made out of the clip "long_gop", six seconds at 30 fps.
_STREAMS = {
    "360": ("-map", "0:v", "-an", *_VIDEO),
    "180": ("-map", "0:v", "-an", "-vf", "scale=320:180", *_VIDEO),
    "180muxed": ("-map", "0:v", "-map", "0:a", "-vf", "scale=320:180", *_VIDEO, *_AUDIO),
    "0": ("-map", "0:a", "-vn", *_AUDIO),
}


@dataclass(frozen=True)
class Result:
    """A media file and its playlist, as they lie in a folder."""

    video: Path
    playlist: Path


@functools.cache
def _made(name: str) -> Result:
    folder = SHARED / "hls"
    folder.mkdir(exist_ok=True)
    result = Result(folder / f"{name}-fragmented.mp4", folder / f"{name}.m3u8")
    with (folder / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.playlist.exists():
            ffmpeg(
                [Input(clip("long_gop"))],
                (
                    *(*_STREAMS[name], "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod"),
                    *("-hls_segment_type", "fmp4", "-hls_flags", "single_file"),
                    *("-hls_segment_filename", result.video.name, Path(result.playlist.name)),
                ),
                cwd=folder,
            )
    return result


def hls(name: str, folder: Path) -> Result:
    """Copy a result of six seconds, in segments of two, into a folder.

    `360` and `180` are pictures alone (640x360, 320x180), `180muxed` has sound too, `0` is sound.
    """
    made = _made(name)
    return Result(
        *(Path(shutil.copy(path, folder / path.name)) for path in (made.video, made.playlist))
    )


def decode(playlist: Path) -> None:
    """Play a playlist to its end, and everything that it names. Raises: ProgramFailed."""
    ffmpeg(
        [Input(playlist, options=("-allowed_extensions", "ALL"))],
        ["-map", "0", "-c:s", "copy", "-xerror", "-f", "null", "-"],
        demuxers=DEMUXERS | {"hls", "webvtt"},
    )
