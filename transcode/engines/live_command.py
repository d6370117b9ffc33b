"""The ffmpeg command of a live stream: its renditions and its sound as MPEG-TS chunks (4.3)."""

from collections.abc import Sequence
from pathlib import Path

from core.media.ffmpeg import Input
from core.media.probe import MediaInfo
from transcode.engines import graphs
from transcode.engines.bitrates import ratio, target_bps
from transcode.engines.encoders import SOFTWARE, Encoder
from transcode.engines.graphs import Command, Source
from transcode.engines.ladder_command import Rung, pictures_of, require_folder

MASTER = "master.m3u8"
MOST_RENDITIONS = 9

_AUDIO_BPS = 128_000
_GROUP = "agroup:audio"
# A run's first frames are decoded before its time 0, by those that are sent out of order: they
# must not meet the last ones of the run before.
_APART_S = 0.2


def live(
    source: Input,
    info: MediaInfo,
    rungs: Sequence[Rung],
    folder: Path,
    *,
    segment_s: int = 4,
    list_size: int = 15,
    is_kept: bool = False,
    is_low_latency: bool = False,
    goes_on_at_s: float = 0.0,
    encoder: Encoder | None = None,
) -> Command:
    """Write `<n>.m3u8`, `<n>-<6 digits>.ts` and `master.m3u8` into `folder`, as long as it comes.

    The renditions are numbered from 0, highest first; the sound is the last number. Chunks that
    have left their playlist are deleted unless `is_kept`, for a replay. A chunk or playlist is only
    ever seen whole. With `goes_on_at_s` the playlists that an earlier run has left in `folder` are
    continued, its clock too: what they list ends at that time.

    Raises: ValueError for no rendition or more than 9, or a source without video.
    """
    if not 0 < len(rungs) <= MOST_RENDITIONS:
        raise ValueError(f"A live stream has 1 to {MOST_RENDITIONS} renditions.")
    require_folder(folder)
    encoder = encoder or Encoder()
    ordered = sorted(rungs, key=lambda rung: -rung.resolution)
    seen = Source(Path(), info)
    options = _picture_options(seen, ordered, encoder, is_low_latency=is_low_latency)
    sounds = []
    if info.audio is not None:
        sounds = [graphs.even_sound(seen.sound(), info.audio)]
        options |= graphs.aac_options(info.audio, _AUDIO_BPS)
    options |= _chunk_options(folder, segment_s, list_size, is_kept=is_kept)
    if goes_on_at_s:
        options["hls_flags"] += "+append_list"
        options["output_ts_offset"] = f"{goes_on_at_s + _APART_S:.6f}"
    options["var_stream_map"] = _variants(len(ordered), has_sound=bool(sounds))
    first = Input(source.path, (*encoder.device_options, *source.options), source.format)
    streams = [*pictures_of(seen, ordered, encoder), *sounds]
    return graphs.compiled([first], streams, f"{folder.absolute()}/%v.m3u8", options, muxer="hls")


def _picture_options(
    source: Source, rungs: Sequence[Rung], encoder: Encoder, *, is_low_latency: bool
) -> dict[str, str]:
    shape = ratio(*source.size)
    options = dict(encoder.common_options)
    for at, rung in enumerate(rungs):
        cap_bps = target_bps(rung.resolution, rung.fps, shape, None)
        options |= encoder.rate_options(at, rung.fps, cap_bps, is_live=True)
    if is_low_latency and encoder.name == SOFTWARE:
        options["tune"] = "zerolatency"
    return options


def _chunk_options(
    folder: Path, segment_s: int, list_size: int, *, is_kept: bool
) -> dict[str, str]:
    flags = ["independent_segments", "temp_file", *([] if is_kept else ["delete_segments"])]
    return {
        **graphs.STRIPPED,
        "hls_time": str(segment_s),
        "hls_list_size": str(list_size),
        "hls_flags": "+".join(flags),
        "hls_segment_type": "mpegts",
        # No `file:` here, for the muxer (5.1) does not delete files of such names. An absolute
        # path is as safe.
        "hls_segment_filename": f"{folder.absolute()}/%v-%06d.ts",
        "master_pl_name": MASTER,
    }


def _variants(count: int, *, has_sound: bool) -> str:
    if not has_sound:
        return " ".join(f"v:{at}" for at in range(count))
    videos = [f"v:{at},{_GROUP}" for at in range(count)]
    return " ".join([*videos, f"a:0,{_GROUP},default:yes"])
