"""`extract_audio`: the sound of a file as a file of its own."""

from collections.abc import Sequence
from pathlib import Path

from core.media.progress import Progress
from media_api.engines.commands import run
from media_api.engines.percent import Percent
from media_api.engines.sound import AudioSettings, audio_name, extract
from media_api.pipeline.sound import audio_of
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
    work.show(command)
    run(command, runner=work.runner, on_progress=told)
    return [target]
