"""`summarize`: a summary of a text, or of what was said."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import InvalidInput
from media_api import storage
from media_api.backends import summary_backend
from media_api.engines.texts import decoded
from media_api.pipeline.stages.transcribe import TEXT
from media_api.pipeline.work import Report, Work

SUMMARY = "summary.md"
MOST_TEXT_BYTES = 16 * 2**20


def summarize(work: Work, report: Report) -> Sequence[Path]:
    """Write the summary, in Markdown. Raises: `JobError`."""
    backend = summary_backend(work.settings)
    summary = backend.summarize(
        _text(work),
        model=work.config["summary"]["model"],
        on_progress=report,
        should_stop=work.should_stop,
    )
    if backend.name != work.settings.summary.backend:
        summary = f"{summary.rstrip()}\n\n*{backend.name}*\n"
    path = work.scratch / SUMMARY
    path.write_text(summary, encoding="utf-8")
    return [path]


def _text(work: Work) -> str:
    """Return what is to be summarised: the transcript if one was made, else the input."""
    if "transcribe" in work.wanted:
        return storage.output(work.rid, TEXT).read_text(encoding="utf-8")
    if work.source.stat().st_size > MOST_TEXT_BYTES:
        limit_mib = MOST_TEXT_BYTES // 2**20
        raise InvalidInput(f"A text may have {limit_mib} MiB at most.", code="source_too_large")
    return decoded(work.source.read_bytes())
