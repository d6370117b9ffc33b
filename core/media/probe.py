"""What ffprobe tells of a file: its duration, its streams, where its key frames are.

Nothing here decodes more than ffprobe needs to name the streams. Numbers that a file leaves out or
garbles ("N/A", "0/0", "nan") become None or 0, never an error.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.media import process
from core.media.errors import (
    NotAvailable,
    NotMedia,
    OutputTooLarge,
    ProgramFailed,
    ProgramOutOfMemory,
)
from core.media.ffmpeg import MAX_STREAMS, Runner, ffprobe
from core.media.ffmpeg_rules import DEMUXERS
from core.media.numbers import integer_of, number_of
from core.media.process import Limits
from core.media.streams import AudioStream, OtherStream, Stream, VideoStream, read_stream

__all__ = [
    "AudioStream",
    "MediaInfo",
    "OtherStream",
    "Stream",
    "VideoStream",
    "keyframes",
    "media_info",
    "probe",
    "probe_stream",
]

MEMORY_BYTES = 1024**3
TIMEOUT_S = 30.0
_WHOLE = ("-show_format", "-show_streams", "-of", "json")
# What is looked at of a stream is missed by whoever waits for it: a second tells enough.
_STREAM_SEEN_US = "1000000"


@dataclass(frozen=True)
class MediaInfo:
    """One file. `video` and `audio` are the first streams of their sort; a cover is no video.

    `raw` is the dictionary that `ffmpeg.probe` of ffmpeg-python gives, with the bare name of the
    file as its `filename`. `duration_s` is the container's, else the longest stream's, else 0.
    """

    duration_s: float
    size_bytes: int
    bitrate_bps: int | None
    format_names: tuple[str, ...]
    video: VideoStream | None
    audio: AudioStream | None
    streams: tuple[Stream, ...]
    cover: bool
    raw: dict[str, Any] = field(repr=False, compare=False)

    def said_of(self, index: int) -> dict[str, Any]:
        """Return what ffprobe said of one stream; nothing of one that there is not."""
        streams: list[dict[str, Any]] = self.raw.get("streams", [])
        return next((each for each in streams if each.get("index") == index), {})


def probe(
    path: Path,
    *,
    timeout_s: float = TIMEOUT_S,
    runner: Runner = process.run,
    demuxers: frozenset[str] = DEMUXERS,
) -> MediaInfo:
    """Ask ffprobe what a file holds.

    Raises: NotAvailable when there is no such file; NotMedia when it cannot be read or is of a
    kind that is refused; ProgramTimeout, ProgramMissing.
    """
    printed = _ask(path, _WHOLE, timeout_s=timeout_s, runner=runner, demuxers=demuxers)
    return media_info(_dictionary(printed, path.name), size_bytes=path.stat().st_size)


def probe_stream(
    address: str,
    *,
    protocols: frozenset[str],
    format: str,  # noqa: A002 - as in core.media.ffmpeg.Input
    timeout_s: float = TIMEOUT_S,
    runner: Runner = process.run,
) -> MediaInfo:
    """Ask ffprobe what comes from an address of our own live ingest, over these protocols.

    Raises: NotMedia when nothing comes, or nothing that can be read; ProgramTimeout,
    ProgramMissing.
    """
    options = ["-analyzeduration", _STREAM_SEEN_US, *_WHOLE]
    limits = Limits(wall_s=timeout_s, memory_bytes=MEMORY_BYTES)
    try:
        done = ffprobe(
            address, options, limits=limits, protocols=protocols, format=format, runner=runner
        )
    except (ProgramFailed, ProgramOutOfMemory, OutputTooLarge) as error:
        raise NotMedia("The stream could not be read as video or audio.") from error
    return media_info(_dictionary(done.stdout, "live"))


def _dictionary(printed: bytes, filename: str) -> dict[str, Any]:
    """What ffprobe printed, with a bare name in it. Raises: NotMedia."""
    try:
        raw: dict[str, Any] = json.loads(printed.decode("utf-8", "replace"), strict=False)
    except ValueError as error:
        raise NotMedia("The file could not be read as video or audio.") from error
    raw.setdefault("format", {})["filename"] = filename
    return raw


def keyframes(
    path: Path,
    *,
    until_s: float | None = None,
    timeout_s: float = TIMEOUT_S,
    runner: Runner = process.run,
) -> list[float]:
    """The times of the first video stream's key frames in seconds, ascending.

    The times are the file's own, which need not begin at 0. Only those before `until_s`, where
    reading stops. It decodes nothing: twenty minutes at 30 fps take a quarter of a second.

    Raises: as `probe` does.
    """
    options = ["-select_streams", "V:0", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0"]
    if until_s is not None:
        options += ["-read_intervals", f"%{max(0.0, until_s):.6f}"]
    printed = _ask(path, options, timeout_s=timeout_s, runner=runner, demuxers=DEMUXERS)
    rows = (line.split(",") for line in printed.decode("ascii", "replace").splitlines())
    times = (number_of(row[0]) for row in rows if len(row) > 1 and "K" in row[1])
    found = sorted(time for time in times if time is not None)
    return [time for time in found if until_s is None or time < until_s]


def _ask(
    path: Path,
    options: Sequence[str],
    *,
    timeout_s: float,
    runner: Runner,
    demuxers: frozenset[str],
) -> bytes:
    if not path.is_file():
        raise NotAvailable
    limits = Limits(wall_s=timeout_s, memory_bytes=MEMORY_BYTES)
    try:
        return ffprobe(path, options, limits=limits, demuxers=demuxers, runner=runner).stdout
    except (ProgramFailed, ProgramOutOfMemory, OutputTooLarge) as error:
        raise NotMedia(_reason("\n".join(error.tail))) from error


def _reason(said: str) -> str:
    """A sentence for people; what ffprobe said is for the cause."""
    if "not on whitelist" in said:
        return "The file is no video or audio of a kind that is accepted."
    if "max_streams" in said:
        return f"The file has more than {MAX_STREAMS} streams."
    return "The file could not be read as video or audio."


def media_info(raw: dict[str, Any], *, size_bytes: int = 0) -> MediaInfo:
    """The typed view of what ffprobe printed. `size_bytes` is for formats that do not tell it."""
    container = raw.get("format", {})
    streams = tuple(read_stream(stream) for stream in raw.get("streams", []))
    lengths = (number_of(stream.get("duration")) for stream in raw.get("streams", []))
    duration_s = number_of(container.get("duration")) or max((s or 0.0 for s in lengths), default=0)
    return MediaInfo(
        duration_s=max(0.0, duration_s),
        size_bytes=integer_of(container.get("size")) or size_bytes,
        bitrate_bps=integer_of(container.get("bit_rate")),
        format_names=tuple(str(container.get("format_name", "")).split(",")),
        video=next((each for each in streams if isinstance(each, VideoStream)), None),
        audio=next((each for each in streams if isinstance(each, AudioStream)), None),
        streams=streams,
        cover=any(isinstance(each, OtherStream) and each.kind == "cover" for each in streams),
        raw=raw,
    )
