"""The words that requests and settings are made of, and which of them go together."""

from enum import StrEnum


class Preset(StrEnum):
    """How much time an encoder takes, the quickest first."""

    ULTRAFAST = "ultrafast"
    SUPERFAST = "superfast"
    VERYFAST = "veryfast"
    FASTER = "faster"
    FAST = "fast"
    MEDIUM = "medium"
    SLOW = "slow"
    SLOWER = "slower"
    VERYSLOW = "veryslow"


class VideoCodec(StrEnum):
    """ffmpeg's encoders of pictures."""

    X264 = "libx264"
    X265 = "libx265"


class AudioCodec(StrEnum):
    """ffmpeg's encoders of sound."""

    MP3 = "libmp3lame"
    AAC = "aac"


class Fit(StrEnum):
    """What becomes of a picture of another shape: forced, padded, or kept and never enlarged."""

    STRETCH = "stretch"
    CONTAIN = "contain"
    SHRINK = "shrink"


class SpeechLanguage(StrEnum):
    """What is spoken; `auto` is for the engine to find out."""

    RU = "ru"
    EN = "en"
    AUTO = "auto"


class TranscriptFormat(StrEnum):
    """The files that a transcription is written to."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"


class ChatModel(StrEnum):
    """GigaChat's models."""

    BASIC = "GigaChat-2"
    PRO = "GigaChat-2-Pro"
    MAX = "GigaChat-2-Max"


class ImageModel(StrEnum):
    """What reads pictures."""

    TESSERACT = "tesseract"


class PrintLanguage(StrEnum):
    """What is printed, in Tesseract's codes; `auto` stands for all of them that are installed."""

    RUS = "rus"
    ENG = "eng"
    AUTO = "auto"


_MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

SAMPLE_RATES_HZ = {
    AudioCodec.MP3: frozenset(_MP3_RATES_HZ),
    AudioCodec.AAC: frozenset((*_MP3_RATES_HZ, 7350, 64000, 88200, 96000)),
}
"""The sampling rates that each encoder takes."""


def rate_refusal(codec: AudioCodec, rate_hz: int) -> str:
    """Say in a sentence why an encoder does not take a sampling rate; nothing where it does."""
    rates_hz = SAMPLE_RATES_HZ[codec]
    if rate_hz in rates_hz:
        return ""
    return f"Sample rates of {codec.value} are {', '.join(map(str, sorted(rates_hz)))}"
