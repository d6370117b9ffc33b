"""Media information for tests, without a file."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from core.media.probe import AudioStream, MediaInfo, VideoStream

_VIDEO = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    level=31,
    pix_fmt="yuv420p",
    width=1280,
    height=720,
    coded_width=1280,
    coded_height=720,
    rotation=0,
    fps=30.0,
    bitrate_bps=2_000_000,
    is_interlaced=False,
    frame_count=None,
    has_b_frames=True,
    start_s=0.0,
    sar=Fraction(1),
)
_AUDIO = AudioStream(
    index=1,
    codec="aac",
    profile="LC",
    channels=2,
    layout="stereo",
    sample_rate_hz=48000,
    bitrate_bps=128_000,
    start_s=0.0,
)


def video_stream(**changes: Any) -> VideoStream:
    return replace(_VIDEO, **changes)


def audio_stream(**changes: Any) -> AudioStream:
    return replace(_AUDIO, **changes)


def media_info(
    video: VideoStream | None = _VIDEO, audio: AudioStream | None = _AUDIO, **changes: Any
) -> MediaInfo:
    """A 720p30 clip of ten seconds, H.264 and AAC, but for what is said otherwise."""
    info = MediaInfo(
        duration_s=10.0,
        size_bytes=2_660_000,
        bitrate_bps=2_128_000,
        format_names=("mov", "mp4"),
        video=video,
        audio=audio,
        streams=(),
        cover=False,
        raw={},
    )
    return replace(info, **changes)
