"""What an upload has to be, read from its content (transcode contract, section 6).

The name's extension must be one of the list, and the content one that the probe's list of
demuxers takes: a playlist is refused under whatever name it comes.
"""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings

from core.errors import FieldErrors, InvalidInput
from core.jobs.storable import storable_json
from core.media.errors import NotMedia, ProgramTimeout
from core.media.probe import MediaInfo, keyframes, probe
from transcode.engines.bitrates import MAX_PUBLISHED_GAP_S, is_publishable_as_is, longest_gap_s
from transcode.engines.ladder import LOWEST_FPS, display_size

FIELD = "videoFile"
VIDEO_EXTENSIONS = frozenset(
    (
        *(".mp4", ".mov", ".m4v", ".webm", ".mkv", ".ogv", ".avi", ".wmv", ".flv", ".ts"),
        *(".mts", ".m2ts", ".3gp", ".mpg", ".mpeg", ".mxf"),
    )
)
AUDIO_EXTENSIONS = frozenset((".mp3", ".ogg", ".wma", ".wav", ".flac", ".aac", ".m4a", ".ac3"))
MAX_SIDE = 8192
# A request waits for both. A file whose key frames take longer is not played as it is: it
# plays when the encode has begun.
PROBE_TIMEOUT_S = 30.0
KEYFRAMES_TIMEOUT_S = 4.0
# What a file says of itself (titles, comments) beyond this is not kept.
MAX_PROBE_CHARS = 100_000


@dataclass(frozen=True)
class Inspected:
    """An accepted file. `keyframe_gap_s` is None where it could not be published as it is."""

    info: MediaInfo
    extension: str
    keyframe_gap_s: float | None

    def columns(self) -> dict[str, Any]:
        """Return what a video's row says of it."""
        video = self.info.video
        width, height = display_size(video) if video else (None, None)
        return {
            "size_bytes": self.info.size_bytes,
            "duration_s": self.info.duration_s,
            "width": width,
            "height": height,
            "fps": video.fps if video else None,
            "bitrate_bps": self.info.bitrate_bps,
            "has_video": video is not None,
            "has_audio": self.info.audio is not None,
            "probe": kept_probe(self.info.raw),
        }


def inspect(path: Path, filename: str) -> Inspected:
    """Look at an upload. `filename` is the client's: a label, of which the extension counts.

    Raises: `FieldErrors` with the codes of `transcode.videos.errors`.
    """
    extension = extension_of(filename)
    if path.stat().st_size == 0:
        raise refusal("The file is empty.", "empty_file")
    info = _probed(path)
    require_acceptable(info)
    return Inspected(info, extension, _keyframe_gap_s(path, info))


def extension_of(filename: str) -> str:
    """Return a file name's extension, in lower case. Raises: `FieldErrors`."""
    extension = PurePosixPath(filename.lower()).suffix
    if extension not in VIDEO_EXTENSIONS | AUDIO_EXTENSIONS:
        raise refusal("Files with this extension are not accepted.", "unsupported_extension")
    return extension


def require_acceptable(info: MediaInfo) -> None:
    """Refuse what a file says of itself before anything of it is decoded.

    Raises: `FieldErrors`.
    """
    if info.video is None and info.audio is None:
        raise refusal("The file has neither video nor audio.", "no_streams")
    if info.duration_s <= 0:
        raise refusal("The file has no duration.", "invalid_duration")
    limit_s = settings.TRANSCODE_MAX_DURATION
    if limit_s and info.duration_s > limit_s:
        raise refusal(f"The file is longer than {limit_s:g} seconds.", "too_long")
    if info.video is not None:
        _require_picture(info)


def _require_picture(info: MediaInfo) -> None:
    if (video := info.video) is None:
        return
    if min(video.width, video.height) < 1:
        raise refusal("The video has no picture size.", "not_media")
    sides = (*display_size(video), video.width, video.height, video.coded_width, video.coded_height)
    if max(sides) > MAX_SIDE:
        raise refusal(f"A side of the picture is longer than {MAX_SIDE} pixels.",
                      "picture_too_large")  # fmt: skip
    if not video.fps >= LOWEST_FPS:
        raise refusal("The video has too few frames a second.", "invalid_frame_rate")


def _probed(path: Path) -> MediaInfo:
    try:
        return probe(path, timeout_s=PROBE_TIMEOUT_S)
    except NotMedia as error:
        raise refusal(str(error), "not_media") from error
    except ProgramTimeout as error:
        raise refusal("The file took too long to be read.", "not_media") from error


def _keyframe_gap_s(path: Path, info: MediaInfo) -> float | None:
    """Return the longest time without a key frame, where everything else allows a copy."""
    if not is_publishable_as_is(info, 0.0):
        return None
    try:
        gap_s = longest_gap_s(keyframes(path, timeout_s=KEYFRAMES_TIMEOUT_S), info.duration_s)
    except (InvalidInput, ProgramTimeout):
        return None
    return gap_s if gap_s <= MAX_PUBLISHED_GAP_S else None


def kept_probe(raw: dict[str, Any]) -> dict[str, Any]:
    """Return what the probe said, such as every database keeps, without endless tags."""
    kept: dict[str, Any] = storable_json(raw)
    if len(json.dumps(kept)) <= MAX_PROBE_CHARS:
        return kept
    bare = {key: value for key, value in kept.get("format", {}).items() if key != "tags"}
    streams = [_without_tags(stream) for stream in kept.get("streams", [])]
    return {"format": bare, "streams": streams}


def _without_tags(stream: dict[str, Any]) -> dict[str, Any]:
    rotation = {key: value for key, value in stream.get("tags", {}).items() if key == "rotate"}
    return {**stream, "tags": rotation}


def refusal(sentence: str, code: str) -> FieldErrors:
    """Make the refusal of an upload's content."""
    return FieldErrors({FIELD: sentence}, code=code)
