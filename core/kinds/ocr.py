"""`core.ocr`: the recognition of one upload, streamed as it is read (core contract, 5.9)."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast

from django.conf import settings
from rest_framework import serializers

from core.errors import InvalidInput, TemporaryFailure
from core.jobs.kinds import JobKind
from core.jobs.models import Job
from core.jobs.types import Json
from core.ocr.engines import EngineName, installed_languages, make_engine, make_transcriber
from core.ocr.engines.base import Chunk, Engine, OcrOptions, Outcome, Transcriber
from core.ocr.engines.document import read_document
from core.uploads import recognition, storage
from core.uploads.models import Upload
from core.uploads.options import languages_of
from core.uploads.status import run_of
from core.uploads.stream import StreamWriter

DOCUMENT_LIMIT_S = 30 * 60.0
# 1.0 is for what is processed, text and all.
PROGRESS_BEFORE_THE_END = 0.999


class OcrParams(serializers.Serializer[object]):
    """Which upload, and how it is to be read."""

    upload_id = serializers.UUIDField()
    auto_language_detection = serializers.BooleanField()
    language_hint = serializers.CharField(allow_null=True)
    output_format = serializers.CharField()
    ocr_mode = serializers.CharField()


class Ocr(JobKind):
    """Read an upload's text. Result: `{"engine", "page_count", "confidence", …}`."""

    name = "core.ocr"
    title = "Text recognition"
    queue = "ocr"
    stages = ("read",)
    params_serializer = OcrParams
    max_attempts = 3
    retry_delays_s = (2.0, 8.0)
    time_limit_s = DOCUMENT_LIMIT_S

    outcome: Outcome

    @classmethod
    def active_limit(cls) -> int:
        """Let the others of this user wait, so that nobody fills the queue."""
        return int(settings.CORE_OCR_MAX_ACTIVE_PER_USER)

    @classmethod
    def changed(cls, job: Job) -> None:
        """Show the change on the upload."""
        recognition.job_changed(job)

    def run(self) -> Json:
        """Read the document, streaming what is read."""
        upload = Upload.objects.filter(
            pk=self.job.params["upload_id"], job=self.job, is_deleted=False
        ).first()
        if upload is None:
            raise InvalidInput("The upload was deleted, or has another job.", code="cancelled")
        upload.job = self.job
        writer = StreamWriter(upload.pk, upload.owner_id, run_of(upload))
        writer.resume()
        # A page may take a minute in one call of the engine: the lease is kept meanwhile.
        with self.heartbeat():
            try:
                with storage.local_file(upload.stored_name) as path:
                    self.outcome = self._read(path, upload.mime_type, writer)
            except OSError as error:
                message = "The file could not be read."
                raise TemporaryFailure(message, code="engine_failed") from error
        return {
            "engine": self.outcome.engine,
            "page_count": self.outcome.page_count,
            "confidence": self.outcome.confidence,
            "detected_language": self.outcome.detected_language,
        }

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it is a summary of the outcome
        """Write the text to the upload, in the transaction that ends the job."""
        recognition.write_outcome(self.job, self.outcome)

    def _read(self, path: Path, mime: str, writer: StreamWriter) -> Outcome:
        def check() -> None:
            self.check()
            writer.check()

        self.report("read", 0.0)
        engine = _engine(settings.CORE_OCR_ENGINE, settings.AI_HOST)
        options = replace(_options(self.job.params), scratch_dir=self.scratch)
        pieces = read_document(path, mime, options, engine, check=check)
        try:
            while True:
                self._send(next(pieces), writer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        finally:
            pieces.close()

    def _send(self, chunk: Chunk, writer: StreamWriter) -> None:
        progress = min(chunk.progress, PROGRESS_BEFORE_THE_END)
        writer.write(chunk.text, progress=progress, page=chunk.page, page_count=chunk.page_count)
        self.report("read", progress)


def _options(params: Json) -> OcrOptions:
    """Return what the engine is told: the upload's options and this installation's limits."""
    installed = installed_languages().languages
    defaults = tuple(code for code in settings.CORE_OCR_DEFAULT_LANGS if code in installed)
    best_dir = settings.CORE_TESSDATA_BEST_DIR
    return OcrOptions(
        mode="high_accuracy" if params["ocr_mode"] == "high_accuracy" else "fast",
        languages=languages_of(params["language_hint"]),
        detect_language=params["auto_language_detection"],
        default_languages=defaults or installed[:1],
        pdf_text="force_ocr" if settings.CORE_PDF_TEXT == "force_ocr" else "auto",
        max_pages=settings.CORE_MAX_PAGES,
        max_page_pixels=settings.CORE_MAX_PAGE_PIXELS,
        tessdata_best_dir=Path(best_dir) if best_dir else None,
    )


@cache
def _engine(name: str, ai_host: str) -> Engine | Transcriber:
    """Return this process' engine: its language models stay open between jobs."""
    return make_transcriber(ai_host) if name == "http" else make_engine(cast(EngineName, name))
