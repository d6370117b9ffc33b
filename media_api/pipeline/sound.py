"""The sound of a request's input, for the two stages that want it: it is decoded once."""

from collections.abc import Callable
from dataclasses import replace
from os import fspath
from pathlib import Path

from core.media.errors import ProgramFailed
from core.media.paths import file_url
from core.media.progress import Progress
from core.media.streams import AudioStream
from core.speech.sound import arguments, decode
from media_api.engines.actions import Action
from media_api.engines.commands import Command, run
from media_api.engines.errors import NoAudioStream
from media_api.engines.sound import AudioSettings, audio_name, extract
from media_api.pipeline.work import Work

Tell = Callable[[Progress], None]


def audio_of(work: Work) -> AudioStream:
    """Return the input's first audio stream. Raises: `NoAudioStream`."""
    if work.info is None or work.info.audio is None:
        raise NoAudioStream
    return work.info.audio


def encoded(work: Work, told: Tell) -> Path:
    """Return the sound as an output, encoded now or on another stage's way. Raises: `JobError`."""
    audio_of(work)
    target = _audio_file(work)
    if not target.is_file():
        command = _encoding(work, target)
        if work.is_to_come(Action.TRANSCRIBE, after=Action.EXTRACT_AUDIO):
            command = _with_speech(command, work)
        run(command, runner=work.runner, on_progress=told)
    return target


def decoded(work: Work, told: Tell) -> Path:
    """Return the sound as engines listen to it, decoded now or on another stage's way.

    Raises: `JobError`.
    """
    audio = audio_of(work)
    wav = _speech_file(work)
    if not wav.is_file() and not _decoded_with_output(work, told):
        decode(work.source, audio, wav, runner=work.runner, on_progress=told, level="warning")
    return wav


def _decoded_with_output(work: Work, told: Tell) -> bool:
    """Decode, and encode for the stage that is to come; False where nothing came of it.

    An encoder that fails is that stage's own failure, which it meets when it tries by itself.
    """
    if not work.is_to_come(Action.EXTRACT_AUDIO, after=Action.TRANSCRIBE):
        return False
    target = _audio_file(work)
    early = target.with_name(f"early-{target.name}")
    try:
        run(_with_speech(_encoding(work, early), work), runner=work.runner, on_progress=told)
    except ProgramFailed:
        return False
    early.replace(target)
    return True


def _encoding(work: Work, target: Path) -> Command:
    return extract(work.source, work.media, AudioSettings.of(work.config["audio"]), target)


def _with_speech(command: Command, work: Work) -> Command:
    """Write what will be listened to in the same run."""
    words = arguments(audio_of(work), _speech_file(work))
    more = [file_url(word) if isinstance(word, Path) else fspath(word) for word in words]
    return replace(command, output=(*command.output, *more))


def _audio_file(work: Work) -> Path:
    return work.scratch / audio_name(AudioSettings.of(work.config["audio"]).codec)


def _speech_file(work: Work) -> Path:
    return work.scratch / "speech.wav"
