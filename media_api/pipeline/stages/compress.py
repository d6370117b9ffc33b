"""`compress`: a smaller film, in two passes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from core.media.progress import Progress
from media_api.engines.commands import run
from media_api.engines.compress import PASSES, CompressSettings, passes
from media_api.engines.percent import Percent
from media_api.pipeline.work import Report, Work

VIDEO = "out.mp4"


def compress(work: Work, report: Report) -> Sequence[Path]:
    """Write the film. Raises: `JobError`."""
    settings = CompressSettings.of(work.config["ffmpeg"])
    target = work.scratch / VIDEO
    percent = Percent(work.duration_s, passes=PASSES)

    def teller(number: int) -> Callable[[Progress], None]:
        return lambda progress: report(percent.at(progress, number) / 100)

    commands = passes(work.source, work.media, settings, scratch=work.scratch, target=target)
    for number, command in enumerate(commands, start=1):
        # However short a pass is, clients see it begin.
        report(percent.at(Progress(), number) / 100, at_once=True)
        run(command, runner=work.runner, on_progress=teller(number))
    return [target]
