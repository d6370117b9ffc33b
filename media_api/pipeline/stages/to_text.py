"""`to_text`: the text in a picture, or in a document."""

from collections.abc import Sequence
from pathlib import Path

from media_api.engines.words import PrintLanguage
from media_api.pipeline.stages.transcribe import TEXT
from media_api.pipeline.work import Report, Work


def to_text(work: Work, report: Report) -> Sequence[Path]:
    """Write the text. Raises: `JobError`."""
    # The engine of OCR comes with it, which the web process spares.
    from media_api.engines.text_of_images import Reading, read_text

    settings = work.config["fileToText"]
    reading = Reading(
        language=PrintLanguage(settings["language"]),
        least_confidence=settings["minConfidence"],
        max_pixels=work.settings.max_pixels,
    )
    text = read_text(
        work.source,
        work.mime,
        reading,
        on_page=lambda done, total: report(done / max(1, total)),
        check=work.check,
        runner=work.runner,
    )
    target = work.scratch / TEXT
    target.write_text(text, encoding="utf-8")
    return [target]
