"""Bit rates of renditions and what may be copied unencoded (transcode contract, 5.3).

All sums are exact: the floor of a product of floats may be one bit off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from core.media.probe import AudioStream, MediaInfo, VideoStream
from transcode.engines.ladder import display_size, input_fps

# Bits a pixel and frame, for sizes from this one up to the next.
_AVERAGE = {144: 19, 240: 17, 360: 15, 480: 12, 720: 11, 1080: 10, 1440: 9, 2160: 8}
_MAXIMUM = {144: 32, 240: 29, 360: 26, 480: 22, 720: 19, 1080: 17, 1440: 16, 2160: 14}
_MINIMUM_PERCENT = 2
_HEADROOM = Fraction(13, 10)

MAX_AUDIO_BPS = 384_000
_MEDIUM_AUDIO_BPS = 256_000
_SMALL_AUDIO_BPS = 128_000
_SMALL_SOURCE_BPS = 192_000

# How far apart key frames may be in what is copied, and audio from video at its start.
MAX_TOP_GAP_S = 4.0
MAX_PUBLISHED_GAP_S = 10.0
MAX_OFFSET_S = 0.1
_MIN_COPIED_FPS = 2


@dataclass(frozen=True)
class AudioPlan:
    """How one audio stream is made: copied as it is, or encoded as stereo AAC."""

    copy: bool
    bitrate_bps: int


def ratio(width: int, height: int) -> Fraction:
    """Long side by short side."""
    return Fraction(max(width, height), min(width, height))


def average_bps(resolution: int, fps: int, ratio: Fraction) -> int:
    """The bit rate that this size and frame rate look well with."""
    return _bits(resolution, fps, ratio, _percent(_AVERAGE, resolution))


def maximum_bps(resolution: int, fps: int, ratio: Fraction) -> int:
    """The most that a source may spend before it is encoded anew."""
    return _bits(resolution, fps, ratio, _percent(_MAXIMUM, resolution))


def minimum_bps(resolution: int, fps: int, ratio: Fraction) -> int:
    """The least that a rendition is given, however thrifty its source."""
    return _bits(resolution, fps, ratio, _MINIMUM_PERCENT)


def target_bps(resolution: int, fps: int, ratio: Fraction, input_bps: int | None) -> int:
    """The cap of an encode. `input_bps` is the source's container bit rate, if known."""
    target = average_bps(resolution, fps, ratio)
    if input_bps:
        target = min(target, int(input_bps * _HEADROOM))
    return max(minimum_bps(resolution, fps, ratio), target)


def audio_plan(audio: AudioStream | None) -> AudioPlan:
    """Copy the stream, or the bit rate to encode it with. No audio: nothing to do, a copy of it."""
    if audio is None:
        return AudioPlan(copy=True, bitrate_bps=0)
    rate = audio.bitrate_bps
    if audio.codec == "aac" and rate and rate > MAX_AUDIO_BPS:
        return AudioPlan(copy=False, bitrate_bps=MAX_AUDIO_BPS)
    if audio.codec == "aac" and rate and _is_plain_layout(audio.layout):
        return AudioPlan(copy=True, bitrate_bps=rate)
    return AudioPlan(copy=False, bitrate_bps=_encoded_bps(rate))


def audio_plan_beside_video(info: MediaInfo) -> AudioPlan:
    """As `audio_plan`, but audio that starts late is encoded, so that silence can fill the gap."""
    plan = audio_plan(info.audio)
    if info.video is None or info.audio is None or _starts_together(info.video, info.audio):
        return plan
    return AudioPlan(copy=False, bitrate_bps=plan.bitrate_bps)


def longest_gap_s(keyframes: Sequence[float], duration_s: float) -> float:
    """The longest time without a key frame. None at all is a gap as long as the video.

    The times may begin anywhere, as those of `core.media.probe.keyframes` do.
    """
    if not keyframes:
        return duration_s
    ends = [*sorted(keyframes), min(keyframes) + duration_s]
    return max((later - earlier for earlier, later in pairwise(ends)), default=0.0)


def may_remux_as_top(info: MediaInfo, *, top: int, fps_max: int, keyframe_gap_s: float) -> bool:
    """The quick path: whether the source, copied, is the top rendition of `top` pixels."""
    video = info.video
    if video is None or not is_publishable_as_is(info, keyframe_gap_s):
        return False
    width, height = display_size(video)
    is_fit = min(width, height) == top and (width, height) == (video.width, video.height)
    has_plain_pixels = video.pix_fmt == "yuv420p" and is_fit
    if not has_plain_pixels or not _MIN_COPIED_FPS <= video.fps <= fps_max:
        return False
    cap_bps = maximum_bps(top, input_fps(info), ratio(width, height))
    return (
        info.bitrate_bps is not None
        and info.bitrate_bps <= cap_bps
        and keyframe_gap_s <= MAX_TOP_GAP_S
        and audio_plan(info.audio).copy
    )


def is_publishable_as_is(info: MediaInfo, keyframe_gap_s: float) -> bool:
    """Publish first: whether a browser plays the source's streams without an encode."""
    video, audio = info.video, info.audio
    if video is None or video.codec != "h264" or video.pix_fmt not in ("yuv420p", "yuvj420p"):
        return False
    if video.is_interlaced or video.rotation != 0 or keyframe_gap_s > MAX_PUBLISHED_GAP_S:
        return False
    return audio is None or (audio.codec == "aac" and _starts_together(video, audio))


def _starts_together(video: VideoStream, audio: AudioStream) -> bool:
    return abs(video.start_s - audio.start_s) <= MAX_OFFSET_S


def _is_plain_layout(layout: str | None) -> bool:
    return layout not in (None, "", "unknown", "quad")


def _encoded_bps(source_bps: int | None) -> int:
    if not source_bps:
        return _MEDIUM_AUDIO_BPS
    if source_bps <= _SMALL_SOURCE_BPS:
        return _SMALL_AUDIO_BPS
    return _MEDIUM_AUDIO_BPS if source_bps <= MAX_AUDIO_BPS else MAX_AUDIO_BPS


def _bits(resolution: int, fps: int, ratio: Fraction, percent: int) -> int:
    return int(resolution * resolution * ratio * fps * percent / 100)


def _percent(table: dict[int, int], resolution: int) -> int:
    """The entry of the largest listed size that is not larger; below all, of the smallest."""
    return table[max((size for size in table if size <= resolution), default=min(table))]
