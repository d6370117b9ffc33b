"""The sound of a request's input."""

from core.errors import InvalidInput
from core.media.streams import AudioStream
from media_api.pipeline.work import Work


class NoAudioStream(InvalidInput):
    """There is nothing to be heard."""

    code = "no_audio_stream"
    sentence = "The input has no audio stream."


def audio_of(work: Work) -> AudioStream:
    """Return the input's first audio stream. Raises: `NoAudioStream`."""
    if work.info is None or work.info.audio is None:
        raise NoAudioStream
    return work.info.audio
