"""The sound of a request's input."""

from pathlib import Path

from core.media.streams import AudioStream
from media_api.engines.errors import NoAudioStream
from media_api.pipeline.work import Work


def audio_of(work: Work) -> AudioStream:
    """Return the input's first audio stream. Raises: `NoAudioStream`."""
    if work.info is None or work.info.audio is None:
        raise NoAudioStream
    return work.info.audio


def speech_file(work: Work) -> Path:
    """Return where the sound lies that will be listened to, once somebody has decoded it."""
    return work.scratch / "speech.wav"
