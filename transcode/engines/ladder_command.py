"""One ffmpeg that makes a whole ladder: decoded once, cut at the same times, one HLS muxer.

Each rendition becomes `<name>.m3u8` and `<name>-fragmented.mp4`, which ffmpeg writes so that the
playlist never lists a byte that is not in the file yet (measured on 5.1: it is written under
another name and renamed, after the segment was).

Measured, 1080p30 to four renditions on two cores: the scaling takes each size from the next larger
one, which costs 4 to 9 % less processor time than scaling each from the source, at the same
sharpness; quicker scalers (bilinear) blur and save no more. Nine tenths of the processor time are
the encoders'. Who runs the command says how many threads they have (`transcode.local.running`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.media.ffmpeg import Input
from core.media.paths import file_url
from transcode.engines import graphs
from transcode.engines.bitrates import ratio, target_bps
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Command, Source
from transcode.engines.ladder import scaled_size

SEGMENT_S = 4
MEDIA_SUFFIX = "-fragmented.mp4"
PLAYLIST_SUFFIX = ".m3u8"

_AUDIO_GROUP = "audio"
_NAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@dataclass(frozen=True)
class Rung:
    """One video rendition to make. `name` is the stem of its files, server-made."""

    name: str
    resolution: int
    fps: int

    def __post_init__(self) -> None:
        require_name(self.name)
        if self.resolution < 2 or self.resolution % 2 or self.fps < 1:
            raise ValueError("A rendition has an even size and at least one frame a second.")


def require_name(name: str) -> None:
    """Raises: ValueError for a stem that could be read as more than a name."""
    if not name or not _NAME_SIGNS.issuperset(name):
        raise ValueError("A rendition's name is made of a-z, 0-9 and dashes.")


def ladder(
    source: Source,
    rungs: Sequence[Rung],
    folder: Path,
    *,
    audio_name: str | None = None,
    encoder: Encoder | None = None,
    is_growing: bool = True,
) -> Command:
    """Make renditions of a source in `folder`, all at once.

    With `audio_name` the sound becomes a rendition of its own, shared by all; without, it is put
    into each. Without sound in the source neither happens. `is_growing` is for playlists that are
    served while they are written (EVENT); otherwise they appear at the end (VOD).

    Raises: ValueError when there is nothing to make.
    """
    encoder = encoder or Encoder()
    ordered = sorted(rungs, key=lambda rung: -rung.resolution)
    pictures = pictures_of(source, ordered, encoder)
    is_shared = audio_name is not None or not rungs
    audio, options = sounds(source, 1 if is_shared else len(ordered))
    if not pictures and not audio:
        raise ValueError("There is nothing to make.")
    if ordered:
        options |= encoder.common_options
    for at, rung in enumerate(ordered):
        options |= encoder.rate_options(at, rung.fps, target(source, rung))
    names = [rung.name for rung in ordered]
    variants = variant_map(names, len(audio), audio_name if is_shared else None)
    return hls(
        source.inputs(encoder.device_options),
        [*pictures, *audio],
        folder,
        {**options, "var_stream_map": variants},
        is_growing=is_growing,
    )


def target(source: Source, rung: Rung) -> int:
    """The bit rate that a rendition may reach, bits a second."""
    return target_bps(rung.resolution, rung.fps, ratio(*source.size), source.info.bitrate_bps)


def hls(
    inputs: Sequence[Input],
    streams: Sequence[Any],
    folder: Path,
    options: dict[str, str],
    *,
    is_growing: bool,
) -> Command:
    """The command that cuts streams into segments, one file and one playlist a rendition."""
    require_folder(folder)
    common = {
        **graphs.STRIPPED,
        "hls_time": str(SEGMENT_S),
        "hls_playlist_type": "event" if is_growing else "vod",
        "hls_segment_type": "fmp4",
        "hls_flags": "single_file+independent_segments",
        "hls_segment_filename": file_url(folder / f"%v{MEDIA_SUFFIX}"),
        "max_muxing_queue_size": "4096",
    }
    target = folder / f"%v{PLAYLIST_SUFFIX}"
    return graphs.compiled(inputs, streams, target, {**common, **options}, muxer="hls")


def require_folder(folder: Path) -> None:
    """Raises: ValueError where the muxer would read the folder's name as a pattern."""
    if "%" in str(folder.absolute()):
        raise ValueError("The folder's name may hold no percent sign.")


def variant_map(names: Sequence[str], sounds: int, audio_name: str | None) -> str:
    """What `-var_stream_map` is told: the shared audio group first, then the renditions.

    Raises: ValueError for names that it would misread, or that occur twice.
    """
    every = [*names, *([audio_name] if audio_name is not None else [])]
    for name in every:
        require_name(name)
    if len(set(every)) != len(every):
        raise ValueError("Two renditions have the same name.")
    if not sounds:
        return " ".join(f"v:{at},name:{name}" for at, name in enumerate(names))
    if audio_name is None:
        return " ".join(f"v:{at},a:{at},name:{name}" for at, name in enumerate(names))
    group = f",agroup:{_AUDIO_GROUP}" if names else ""
    videos = [f"v:{at}{group},name:{name}" for at, name in enumerate(names)]
    return " ".join([f"a:0{group},name:{audio_name}", *videos])


def pictures_of(source: Source, rungs: Sequence[Rung], encoder: Encoder) -> list[Any]:
    """A stream for each rung, largest first; each is scaled from the one above."""
    if not rungs:
        return []
    fps = rungs[0].fps
    current = graphs.steady(source.pictures(), source.video, fps)
    made: list[Any] = []
    for at, rung in enumerate(rungs):
        if rung.fps != fps:
            current, fps = current.filter("fps", fps=rung.fps), rung.fps
        current = encoder.finish(current, scaled_size(*source.size, rung.resolution))
        if at < len(rungs) - 1:
            both = current.filter_multi_output("split", 2)
            made.append(encoder.upload(both.stream(0)))
            current = both.stream(1)
        else:
            made.append(encoder.upload(current))
    return made


def sounds(source: Source, count: int = 1) -> tuple[list[Any], dict[str, str]]:
    """The sound of a source, `count` times, and how it is encoded. Nothing without sound."""
    audio, plan = source.audio, source.audio_plan
    if audio is None:
        return [], {}
    if plan.copy:
        # Out of MPEG-TS it comes with headers that MP4 has no room for; the HLS muxer of ffmpeg
        # does not take them off by itself. Other AAC passes through unchanged.
        return [source.sound()] * count, {"c:a": "copy", "bsf:a": "aac_adtstoasc"}
    sound = graphs.even_sound(source.sound(), audio)
    return _copies(sound, count), graphs.aac_options(audio, plan.bitrate_bps)


def _copies(sound: Any, count: int) -> list[Any]:
    """A stream of sound for each of several outputs."""
    if count == 1:
        return [sound]
    split = sound.filter_multi_output("asplit", count)
    return [split.stream(at) for at in range(count)]
