"""Which renditions a video gets: their sizes and frame rates (transcode contract, 5.1 and 5.2).

A resolution is the length in pixels of the shorter side, and 0 means audio alone.
"""

from collections.abc import Collection, Iterable
from fractions import Fraction

from core.errors import InvalidInput
from core.media.probe import MediaInfo, VideoStream

# Width and height.
Size = tuple[int, int]

AUDIO_ONLY = 0
ALLOWED = (AUDIO_ONLY, 144, 240, 360, 480, 720, 1080, 1440, 2160)
AUDIO_MERGE_RESOLUTION = 480
LOWEST_FPS = 0.1

# What most people watch first comes first.
_ORDER = (480, 360, 720, 240, 144, 1080, 1440, 2160)
_REDUCED_BELOW = 720
_SMOOTH_FPS = 30
_STANDARD_FPS = (30, 25, 24)
_HIGH_FPS = (50, 60)
_AUDIO_MERGE_FPS = 25
# Beyond this a pixel's aspect is damage, not a format.
_MAX_PIXEL_ASPECT = 5


def display_size(video: VideoStream) -> Size:
    """Width and height as shown: turned as the metadata says, with square pixels.

    The height as coded is kept and the width stretched, as players do.
    """
    aspect = video.sar
    if not Fraction(1, _MAX_PIXEL_ASPECT) <= aspect <= _MAX_PIXEL_ASPECT:
        return video.width, video.height
    if video.rotation in (90, 270):
        return video.width, max(1, _nearest(video.height / aspect))
    return max(1, _nearest(video.width * aspect)), video.height


def resolutions(
    enabled: Collection[int], width: int, height: int, *, always_original: bool
) -> list[int]:
    """The video renditions in order of making, the top one (the parent) first.

    Never larger than the source, but for an odd side, which is rounded up to even. AUDIO_ONLY in
    `enabled` says nothing about video and is passed over.

    Raises: ValueError for a side below 1.
    """
    side = min(width, height)
    if side < 1:
        raise ValueError("A video has at least one pixel.")
    original = side + side % 2
    chosen = {size for size in _ORDER if size in enabled and size <= side}
    if always_original or not chosen:
        chosen.add(original)
    top = max(chosen)
    return [top, *(size for size in _ORDER if size in chosen and size != top)]


def scaled_size(width: int, height: int, resolution: int) -> Size:
    """Width and height of a rendition: what `scale=-2:R` (portrait: `R:-2`) of ffmpeg gives.

    The long side is rounded to the nearest even number (halves up), as av_rescale() does.
    """
    long_side = max(
        2, _nearest(Fraction(resolution * max(width, height), 2 * min(width, height))) * 2
    )
    return (resolution, long_side) if height > width else (long_side, resolution)


def input_fps(info: MediaInfo) -> int:
    """The frame rate of the source, rounded, at least 1.

    Raises: InvalidInput below 0.1 frames a second, or without video.
    """
    if info.video is None or not info.video.fps >= LOWEST_FPS:
        raise InvalidInput("The video has too few frames a second.", code="invalid_frame_rate")
    return max(1, _nearest(Fraction(info.video.fps)))


def frame_rate(input_fps: float, resolution: int, *, is_top: bool, fps_max: int) -> int:
    """Frames a second of one rendition. Small ones below the top are made at 30 at most."""
    if resolution == AUDIO_ONLY:
        return 0
    fps = max(1, _nearest(Fraction(input_fps)))
    if not is_top and resolution < _REDUCED_BELOW and fps > _SMOOTH_FPS:
        fps = _closest(fps, _STANDARD_FPS)
    if fps > fps_max:
        fps = _closest(fps, [rate for rate in (*_HIGH_FPS, fps_max) if rate <= fps_max])
    return fps


def audio_merge_fps(fps_max: int) -> int:
    """Frames a second of a still picture laid under audio."""
    return min(_AUDIO_MERGE_FPS, fps_max)


def _closest(fps: int, rates: Iterable[int]) -> int:
    """The biggest rate that divides `fps`, else the one with the smallest remainder."""
    return min(rates, key=lambda rate: (fps % rate, -rate))


def _nearest(value: Fraction) -> int:
    """Round to the nearest integer, halves up: neither banker's nor binary rounding."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
