"""The groups of `config`, and which of them each route takes (Media API contract, 2.4)."""

from typing import Annotated

from pydantic import FailFast, Field

from media_api.config.fields import (
    AnyCasePreset,
    AudioKbps,
    Fps,
    HeightPx,
    RateHz,
    VideoKbps,
    Whole,
    WidthPx,
)
from media_api.engines.words import (
    AudioCodec,
    ChatModel,
    Fit,
    ImageModel,
    PrintLanguage,
    TranscriptFormat,
    VideoCodec,
)
from media_api.schemas.fields import LEFT_OUT, Given, Spoken


class Video(Given):
    """What a compressed video is like."""

    width: WidthPx = LEFT_OUT
    height: HeightPx = LEFT_OUT
    video_bitrate: VideoKbps = LEFT_OUT
    audio_bitrate: AudioKbps = LEFT_OUT
    audio_sample_rate: RateHz = LEFT_OUT
    fps: Fps = LEFT_OUT
    fit: Fit = LEFT_OUT


class Codecs(Given):
    """What encodes."""

    video: VideoCodec = LEFT_OUT
    audio: AudioCodec = LEFT_OUT


class Ffmpeg(Given):
    """How to compress."""

    preset: AnyCasePreset = LEFT_OUT
    video: Video = LEFT_OUT
    codecs: Codecs = LEFT_OUT


class Audio(Given):
    """What an extracted audio track is like."""

    codec: AudioCodec = LEFT_OUT
    bitrate: AudioKbps = LEFT_OUT
    sample_rate: RateHz = LEFT_OUT


class Transcribe(Given):
    """What is spoken, and what files are wanted."""

    language: Spoken = LEFT_OUT
    formats: Annotated[list[TranscriptFormat], Field(min_length=1), FailFast()] = LEFT_OUT


class Summary(Given):
    """Which of GigaChat's models summarises; other engines do not look at it."""

    model: ChatModel = LEFT_OUT


class FileToText(Given):
    """What is printed in the picture, and from which confidence on a word counts, 0 to 100."""

    image_model: ImageModel = LEFT_OUT
    language: PrintLanguage = LEFT_OUT
    min_confidence: Annotated[Whole, Field(ge=0, le=100)] = LEFT_OUT


class AudioConfig(Given):
    """`config` of `extract-audio/`."""

    audio: Audio = LEFT_OUT


class TranscribeConfig(Given):
    """`config` of `transcribe/`."""

    transcribe: Transcribe = LEFT_OUT


class SummarizeConfig(Given):
    """`config` of `summarize/`."""

    transcribe: Transcribe = LEFT_OUT
    summary: Summary = LEFT_OUT


class TextConfig(Given):
    """`config` of `file-to-text/`."""

    file_to_text: FileToText = LEFT_OUT


class CustomConfig(Given):
    """`config` of `custom/`: the settings for compressing stand one level deeper here."""

    ffmpeg: Ffmpeg = LEFT_OUT
    audio: Audio = LEFT_OUT
    transcribe: Transcribe = LEFT_OUT
    summary: Summary = LEFT_OUT
    file_to_text: FileToText = LEFT_OUT
