"""`extract_audio`: the sound of a file as a file of its own."""

from collections.abc import Sequence
from pathlib import Path

from core.media.progress import Progress
from media_api.engines.percent import Percent
from media_api.pipeline.sound import encoded
from media_api.pipeline.work import Report, Work


def extract_audio(work: Work, report: Report) -> Sequence[Path]:
    """Write the sound. Raises: `JobError`."""
    percent = Percent(work.duration_s)

    def told(progress: Progress) -> None:
        report(percent.at(progress) / 100)

    return [encoded(work, told)]
