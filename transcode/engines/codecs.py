"""Codec strings as players read them in a master playlist (transcode contract, 4.8; RFC 6381)."""

from core.media.probe import AudioStream, MediaInfo, VideoStream
from transcode.engines.errors import Refused

_H264_PROFILES = {
    "High": "6400",
    "Main": "4D40",
    "Baseline": "42E0",
    "Constrained Baseline": "42E0",
}
_AV1_PROFILES = {"Main": 0, "High": 1, "Professional": 2}
_H264_LEVEL = 31
_AV1_LEVEL = 8  # seq_level_idx of level 4.0

_AUDIO = {
    "mp3": "mp4a.40.34",
    "opus": "opus",
    "vorbis": "vorbis",
    "ac3": "ac-3",
    "eac3": "ec-3",
    "flac": "fLaC",
}
# Audio object types of ISO/IEC 14496-3; everything else is AAC-LC to a player.
_AAC = {"HE-AAC": "mp4a.40.5", "HE-AACv2": "mp4a.40.29"}


def video_codec(stream: VideoStream) -> str:
    """The codec string of a picture. Raises: Refused for a codec that players do not know."""
    match stream.codec:
        case "h264":
            profile = _H264_PROFILES.get(stream.profile, _H264_PROFILES["High"])
            return f"avc1.{profile}{_within(255, stream.level) or _H264_LEVEL:02x}"
        case "hevc":
            return "hev1.1.6.L93.B0"
        case "vp9":
            return "vp09.00.50.08"
        case "av1":
            level = _within(31, stream.level)
            shown = _AV1_LEVEL if level is None else level
            return f"av01.{_AV1_PROFILES.get(stream.profile, 0)}.{shown:02d}M.08"
    raise Refused("The video codec is not one that players know.", code="unsupported_codec")


def audio_codec(stream: AudioStream) -> str:
    """The codec string of a sound. Raises: Refused for a codec that players do not know."""
    if stream.codec == "aac":
        return _AAC.get(stream.profile, "mp4a.40.2")
    if stream.codec in _AUDIO:
        return _AUDIO[stream.codec]
    raise Refused("The audio codec is not one that players know.", code="unsupported_codec")


def codecs(info: MediaInfo) -> tuple[str, ...]:
    """The codec strings of a file: video first, then audio. Raises: Refused."""
    video = () if info.video is None else (video_codec(info.video),)
    audio = () if info.audio is None else (audio_codec(info.audio),)
    return video + audio


def _within(highest: int, level: int | None) -> int | None:
    return level if level is not None and level <= highest else None
