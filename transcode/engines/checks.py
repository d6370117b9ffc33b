"""Whether a result is what its job asked for (transcode contract, 4.1 to 4.6 and the end of 7).

The same for what runners send and what we encode ourselves. Checks go from the cheap to the
expensive, and a program only sees a file whose structure was walked before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.media import process
from core.media.ffmpeg import Runner
from core.media.probe import MediaInfo, VideoStream, probe
from core.media.streams import AudioStream
from transcode.engines.codecs import codecs
from transcode.engines.decoding import MP4, require_decodable_ends, require_decodable_segments
from transcode.engines.errors import Refused
from transcode.engines.fragments import is_fast_start, require_whole_fragments
from transcode.engines.playlists import MediaPlaylist
from transcode.engines.storyboard import Grid

MAX_START_OFFSET_S = 0.1
_HEIGHT_SLACK_PX = 2
_DURATION_SHARE = 0.02
# EXTINF has six digits.
_ROUNDING_S = 1e-5


@dataclass(frozen=True)
class Expected:
    """What a result has to be.

    `resolution` is the shorter side in pixels, 0 for audio alone, None for any picture. `has_audio`
    None is for results that may have it. The duration may differ by `slack_s`, or by 2 %.
    """

    resolution: int | None
    has_audio: bool | None
    duration_s: float
    slack_s: float = 2.0


def check_hls_result(
    video: Path,
    playlist: MediaPlaylist,
    expected: Expected,
    *,
    scratch: Path,
    runner: Runner = process.run,
) -> MediaInfo:
    """Check one rendition: a fragmented MP4 and its complete playlist (4.1, step 1).

    `scratch` is a folder for two pieces that are decoded, each of some seconds.

    Raises: Refused (BadPlaylist, `bad_fragments`, `wrong_streams`, `wrong_size`, `wrong_duration`,
    `not_in_step`, `unsupported_codec`, `undecodable`); NotMedia.
    """
    playlist.as_vod().require_fits(video.stat().st_size)
    require_whole_fragments(video, playlist.initial, playlist.ranges[1:])
    info = _check_streams(video, expected, runner)
    require_duration(playlist.duration_s, expected)
    require_decodable_segments(video, playlist, scratch=scratch, runner=runner)
    return info


def check_web_video(video: Path, expected: Expected, *, runner: Runner = process.run) -> MediaInfo:
    """Check a progressive MP4 (4.2). For an audio merge, let `slack_s` be 5.

    Raises: as `check_hls_result`, and `not_fast_start`.
    """
    if not is_fast_start(video):
        raise Refused("The file's index is not at its beginning.", code="not_fast_start")
    return check_studio_video(video, expected, runner=runner)


def check_studio_video(
    video: Path, expected: Expected, *, runner: Runner = process.run
) -> MediaInfo:
    """Check an edited MP4 that becomes the new source (4.4). Raises: as `check_hls_result`."""
    info = _check_streams(video, expected, runner)
    require_decodable_ends(video, info, runner=runner)
    return info


def check_storyboard(path: Path, grid: Grid) -> None:
    """Check that a picture is a whole JPEG of the grid's size, to a pixel (4.6).

    Raises: Refused, `bad_storyboard`.
    """
    try:
        # Nothing else is tried, and nothing is decoded before the size is known to be small.
        with Image.open(path, formats=["JPEG"]) as picture:
            has_size = grid.fits(*picture.size)
            if has_size:
                picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused("The storyboard is no readable JPEG.", code="bad_storyboard") from error
    if not has_size:
        raise Refused("The storyboard has another size than asked for.", code="bad_storyboard")


def needs_remux_to_video_only(info: MediaInfo, *, separated_audio: bool) -> bool:
    """Whether an old runner muxed audio into a rendition that was to be without (section 4)."""
    return separated_audio and info.video is not None and info.audio is not None


def _check_streams(video: Path, expected: Expected, runner: Runner) -> MediaInfo:
    info = probe(video, runner=runner, demuxers=MP4)
    _require_streams(info, expected)
    if info.video is not None and expected.resolution is not None:
        _require_resolution(info.video, expected.resolution)
    require_duration(info.duration_s, expected)
    require_in_step(info, info)
    codecs(info)
    return info


def _require_streams(info: MediaInfo, expected: Expected) -> None:
    videos = sum(isinstance(stream, VideoStream) for stream in info.streams)
    audios = sum(isinstance(stream, AudioStream) for stream in info.streams)
    if videos != (expected.resolution != 0):
        raise Refused("The result lacks its picture, or has one too many.", code="wrong_streams")
    if audios > 1 or (expected.has_audio is not None and audios != expected.has_audio):
        raise Refused("The result lacks its sound, or has one too many.", code="wrong_streams")


def _require_resolution(video: VideoStream, resolution: int) -> None:
    found = min(video.width, video.height)
    if abs(found - resolution) > _HEIGHT_SLACK_PX:
        sentence = f"The result's shorter side is {found} pixels where {resolution} were asked for."
        raise Refused(sentence, code="wrong_size")


def require_duration(duration_s: float, expected: Expected) -> None:
    """Refuse a duration that differs by more than what is allowed. Raises: Refused."""
    slack_s = max(expected.slack_s, _DURATION_SHARE * expected.duration_s)
    # Not "more than": a duration that is no number is refused too.
    if not abs(duration_s - expected.duration_s) <= slack_s:
        sentence = (
            f"The result lasts {duration_s:.1f} s where {expected.duration_s:.1f} s were expected."
        )
        raise Refused(sentence, code="wrong_duration")


def require_in_step(picture: MediaInfo, sound: MediaInfo) -> None:
    """Refuse a picture and a sound, of one file or of two, that begin more than 0.1 s apart.

    Raises: Refused, `not_in_step`.
    """
    if picture.video is None or sound.audio is None:
        return
    if abs(picture.video.start_s - sound.audio.start_s) > MAX_START_OFFSET_S:
        raise Refused("Picture and sound do not begin together.", code="not_in_step")


def require_equal_cuts(encoded: Sequence[MediaPlaylist], slowest_fps: float) -> None:
    """Refuse encoded renditions of one ladder that are not cut at the same times, to a frame.

    Leave out renditions that were remuxed: they keep their source's key frames.

    Raises: Refused, `unequal_cuts`.
    """
    slack_s = 1 / slowest_fps + _ROUNDING_S
    lists = [[segment.duration_s for segment in playlist.segments] for playlist in encoded]
    for other in lists[1:]:
        pairs = zip(lists[0], other, strict=False)
        if len(other) != len(lists[0]) or any(abs(a - b) > slack_s for a, b in pairs):
            raise Refused("The renditions are not cut at the same times.", code="unequal_cuts")
