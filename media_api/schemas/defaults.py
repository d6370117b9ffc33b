"""What a request leaves out: every leaf, at any depth, comes from `config.yaml`."""

from collections.abc import Callable, Mapping
from typing import Any

from media_api.config.schema import Config
from media_api.engines.words import (
    Fit,
    ImageModel,
    PrintLanguage,
    SpeechLanguage,
    TranscriptFormat,
)

Group = dict[str, Any]

MIN_CONFIDENCE = 60


def _ffmpeg(config: Config) -> Group:
    group = config.ffmpeg.model_dump(mode="json", by_alias=True)
    group["video"]["fit"] = Fit.STRETCH.value
    return group


def _audio(config: Config) -> Group:
    video, codecs = config.ffmpeg.video, config.ffmpeg.codecs
    return {
        "codec": codecs.audio.value,
        "bitrate": video.audio_bitrate,
        "sampleRate": video.audio_sample_rate,
    }


def _transcribe(_: Config) -> Group:
    return {"language": SpeechLanguage.AUTO.value, "formats": [TranscriptFormat.TXT.value]}


def _summary(config: Config) -> Group:
    return {"model": config.summary.model.value}


def _file_to_text(_: Config) -> Group:
    return {
        "imageModel": ImageModel.TESSERACT.value,
        "language": PrintLanguage.RUS.value,
        "minConfidence": MIN_CONFIDENCE,
    }


_GROUPS: Mapping[str, Callable[[Config], Group]] = {
    "ffmpeg": _ffmpeg,
    "audio": _audio,
    "transcribe": _transcribe,
    "summary": _summary,
    "fileToText": _file_to_text,
}

# The groups that a route can need: what is transcribed may be a video, whose sound is kept.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "compress": ("ffmpeg",),
    "extract_audio": ("audio",),
    "transcribe": ("audio", "transcribe"),
    "summarize": ("audio", "transcribe", "summary"),
    "extract_text": ("fileToText",),
    "custom": tuple(_GROUPS),
}


def defaults(route: str, config: Config) -> Group:
    """Return the groups that a route can need, complete."""
    return {name: _GROUPS[name](config) for name in _NEEDED[route]}


def over(defaults: Group, given: Group) -> Group:
    """Return the defaults, with what was given in their place."""
    merged = {**defaults, **given}
    for key, value in defaults.items():
        if isinstance(value, dict) and isinstance(given.get(key), dict):
            merged[key] = over(value, given[key])
    return merged
