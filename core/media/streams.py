"""The streams of a file, read out of what ffprobe prints of each.

Numbers that a file leaves out or garbles become None or 0, never an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from core.media.numbers import fraction_of, integer_of, number_of


@dataclass(frozen=True)
class VideoStream:
    """A moving picture, described as a player shows it.

    `width` and `height` are those after turning it `rotation` degrees clockwise (0, 90, 180, 270);
    `sar` is the shape of one of its pixels, width over height, turned too. `coded_width` and
    `coded_height` are the decoder's, unturned and with padding. `fps` is the average rate, 0 where
    none is known.
    """

    index: int
    codec: str
    profile: str
    level: int | None
    pix_fmt: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int
    sar: Fraction
    fps: float
    bitrate_bps: int | None
    frame_count: int | None
    is_interlaced: bool
    has_b_frames: bool
    start_s: float


@dataclass(frozen=True)
class AudioStream:
    """A sound. `layout` is ffmpeg's name ("stereo", "5.1(side)"), None where the file has none."""

    index: int
    codec: str
    profile: str
    channels: int
    layout: str | None
    sample_rate_hz: int
    bitrate_bps: int | None
    start_s: float


@dataclass(frozen=True)
class OtherStream:
    """Subtitles, data, an attachment, or a cover: `kind` is ffprobe's word, or "cover"."""

    index: int
    kind: str
    codec: str


Stream = VideoStream | AudioStream | OtherStream


def read_stream(raw: Mapping[str, Any]) -> Stream:
    """Make the typed view of one of ffprobe's streams. A cover is no video."""
    kind, codec = str(raw.get("codec_type", "")), str(raw.get("codec_name", ""))
    disposition = raw.get("disposition", {})
    if kind == "video" and (disposition.get("attached_pic") or disposition.get("timed_thumbnails")):
        kind = "cover"
    if kind == "video":
        return _video(raw, codec)
    if kind == "audio":
        return _audio(raw, codec)
    return OtherStream(integer_of(raw.get("index")) or 0, kind, codec)


def _video(raw: Mapping[str, Any], codec: str) -> VideoStream:
    rotation = _rotation(raw)
    shown = (integer_of(raw.get("width")) or 0, integer_of(raw.get("height")) or 0)
    sar = fraction_of(raw.get("sample_aspect_ratio")) or Fraction(1)
    is_turned = rotation in (90, 270)
    width, height = reversed(shown) if is_turned else shown
    rate = fraction_of(raw.get("avg_frame_rate")) or fraction_of(raw.get("r_frame_rate"))
    level = integer_of(raw.get("level"))
    return VideoStream(
        index=integer_of(raw.get("index")) or 0,
        codec=codec,
        profile=str(raw.get("profile", "")),
        level=level if level is not None and level >= 0 else None,
        pix_fmt=str(raw.get("pix_fmt", "")),
        width=width,
        height=height,
        coded_width=integer_of(raw.get("coded_width")) or shown[0],
        coded_height=integer_of(raw.get("coded_height")) or shown[1],
        rotation=rotation,
        sar=1 / sar if is_turned else sar,
        fps=float(rate or 0),
        bitrate_bps=integer_of(raw.get("bit_rate")),
        frame_count=integer_of(raw.get("nb_frames")),
        is_interlaced=raw.get("field_order") in ("tt", "bb", "tb", "bt"),
        has_b_frames=bool(integer_of(raw.get("has_b_frames"))),
        start_s=number_of(raw.get("start_time")) or 0.0,
    )


def _rotation(raw: Mapping[str, Any]) -> int:
    """Degrees clockwise. The matrix says them anticlockwise; old files have a tag instead."""
    matrices = (number_of(side.get("rotation")) for side in raw.get("side_data_list", []))
    tagged = number_of(raw.get("tags", {}).get("rotate")) or 0.0
    clockwise = next((-turn for turn in matrices if turn is not None), tagged)
    return round(clockwise / 90) * 90 % 360


def _audio(raw: Mapping[str, Any], codec: str) -> AudioStream:
    layout = str(raw.get("channel_layout", ""))
    return AudioStream(
        index=integer_of(raw.get("index")) or 0,
        codec=codec,
        profile=str(raw.get("profile", "")),
        channels=integer_of(raw.get("channels")) or 0,
        layout=layout if layout not in ("", "unknown") else None,
        sample_rate_hz=integer_of(raw.get("sample_rate")) or 0,
        bitrate_bps=integer_of(raw.get("bit_rate")),
        start_s=number_of(raw.get("start_time")) or 0.0,
    )
