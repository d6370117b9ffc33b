"""The sound of a file as a file of its own (Media API contract, 4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.media.paths import file_url
from core.media.probe import AudioStream, MediaInfo
from media_api.engines.commands import FAST_START, Command, command, stream
from media_api.engines.errors import NoAudioStream
from media_api.engines.words import AudioCodec

_FILES = {
    AudioCodec.MP3: ("audio.mp3", "mp3", {}),
    AudioCodec.AAC: ("audio.m4a", "ipod", FAST_START),
}


@dataclass(frozen=True)
class AudioSettings:
    """How sound is encoded."""

    codec: AudioCodec
    bitrate_kbps: int
    rate_hz: int

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> "AudioSettings":
        """Read the group `audio` of a request's config."""
        return cls(AudioCodec(group["codec"]), int(group["bitrate"]), int(group["sampleRate"]))

    @property
    def options(self) -> dict[str, str]:
        """The encoder's."""
        return {"c:a": self.codec, "b:a": f"{self.bitrate_kbps}k", "ar": str(self.rate_hz)}


def audio_name(codec: AudioCodec) -> str:
    """Return the name of the output."""
    return _FILES[codec][0]


def extract(source: Path, info: MediaInfo, settings: AudioSettings, target: Path) -> Command:
    """Encode the first audio stream as it is, without a change of loudness.

    Raises: NoAudioStream.
    """
    if info.audio is None:
        raise NoAudioStream
    _, muxer, options = _FILES[settings.codec]
    sound = [mixable(stream(info.audio.index), info.audio)]
    options = {**settings.options, **options}
    return command(source, sound, file_url(target), options, muxer=muxer)


def mixable(sound: Any, audio: AudioStream) -> Any:
    """The sound; in stereo where its channels have no names, without which they cannot be mixed."""
    if audio.layout is None and audio.channels > 2:
        return sound.filter("pan", args="stereo|c0=c0|c1=c1")
    return sound
