"""`transcribe`: speech to text, with the times of its words."""

import json
from collections.abc import Sequence
from pathlib import Path

from core.media.progress import Progress
from core.speech.base import Transcript
from core.speech.chosen import chosen
from core.speech.subtitles import as_json, as_kept, as_srt, as_vtt, read_kept
from media_api import storage
from media_api.pipeline.sound import decoded
from media_api.pipeline.work import Report, Work

# Decoding is quick beside listening; this much of the bar is its.
DECODED = 0.05
TEXT = "transcription.txt"


def transcribe(work: Work, report: Report) -> Sequence[Path]:
    """Write the text, and the other formats that were asked for.

    The segments are kept beside the outputs whatever was asked for: subtitles of any format
    are made of them later. Raises: `JobError`.
    """
    backend = chosen()

    def told(progress: Progress) -> None:
        report(progress.fraction(work.duration_s) * DECODED)

    wav = decoded(work, told)
    transcript = backend.transcribe(
        wav,
        language=work.config["transcribe"]["language"],
        on_progress=lambda part: report(DECODED + part * (1 - DECODED)),
        should_stop=work.should_stop,
    )
    wav.unlink()
    kept = as_kept(transcript)
    segments = work.scratch / storage.SEGMENTS
    segments.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    storage.place(work.rid, segments)
    # Of what is kept: subtitles that are made of it later are the same to the millisecond.
    return _written(work, read_kept(kept, backend=transcript.backend))


def _written(work: Work, transcript: Transcript) -> list[Path]:
    """Write the text always, since others are made of it, and what else was asked for."""
    made = [_file(work, TEXT, _text_of(work, transcript))]
    formats = work.config["transcribe"]["formats"]
    if "srt" in formats:
        made.append(_file(work, "transcription.srt", as_srt(transcript)))
    if "vtt" in formats:
        made.append(_file(work, "transcription.vtt", as_vtt(transcript)))
    if "json" in formats:
        text = json.dumps(as_json(transcript), ensure_ascii=False)
        made.append(_file(work, "transcription.json", text))
    return made


def _text_of(work: Work, transcript: Transcript) -> str:
    """Return the text; another engine than the chosen one is named in it."""
    if transcript.backend == work.settings.transcription.backend:
        return transcript.text
    return f"{transcript.text}\n\n[{transcript.backend}]"


def _file(work: Work, name: str, text: str) -> Path:
    path = work.scratch / name
    path.write_text(text, encoding="utf-8")
    return path
