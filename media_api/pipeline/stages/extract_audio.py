"""`extract_audio`: the sound of a file as a file of its own."""

from collections.abc import Sequence
from dataclasses import replace
from os import fspath
from pathlib import Path

from core.media.paths import file_url
from core.media.progress import Progress
from core.speech.sound import arguments
from media_api.engines.commands import Command, run
from media_api.engines.percent import Percent
from media_api.engines.sound import AudioSettings, audio_name, extract
from media_api.pipeline.sound import audio_of, speech_file
from media_api.pipeline.work import Report, Work


def extract_audio(work: Work, report: Report) -> Sequence[Path]:
    """Write the sound. Raises: `JobError`."""
    audio_of(work)
    settings = AudioSettings.of(work.config["audio"])
    target = work.scratch / audio_name(settings.codec)
    percent = Percent(work.duration_s)

    def told(progress: Progress) -> None:
        report(percent.at(progress) / 100)

    command = extract(work.source, work.media, settings, target)
    if "transcribe" in work.wanted[work.wanted.index("extract_audio") :]:
        command = _with_speech(command, work)
    work.show(command)
    run(command, runner=work.runner, on_progress=told)
    return [target]


def _with_speech(command: Command, work: Work) -> Command:
    """Write what will be listened to in the same run: the input is decoded once."""
    words = arguments(audio_of(work), speech_file(work))
    more = [file_url(word) if isinstance(word, Path) else fspath(word) for word in words]
    return replace(command, output=(*command.output, *more))
