"""`core.question`: the answer to one question about an upload's text (core contract, 2.4)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.conf import settings
from rest_framework import serializers

from core.aihost import AiHost
from core.answers.engines.base import AnswerEngine, Asked
from core.answers.engines.extractive import Extractive
from core.answers.engines.http_engine import HttpAnswers
from core.errors import InvalidInput, JobError
from core.jobs.kinds import JobKind
from core.jobs.lifecycle import LeaseLost
from core.jobs.models import Job
from core.jobs.types import Json
from core.uploads import answering, storage
from core.uploads.models import Upload

# An answer of a server may take two minutes; what is left is for everything around it.
TIME_LIMIT_S = 150.0
PARTIAL_EVERY_S = 0.25


class QuestionParams(serializers.Serializer[object]):
    """Which question of which upload."""

    upload_id = serializers.UUIDField()
    question_id = serializers.CharField()


class Question(JobKind):
    """Answer a question. Result: `{"engine", "characters"}`; the answer is in the history."""

    name = "core.question"
    title = "Answer to a question"
    queue = "io"
    stages = ("answer",)
    params_serializer = QuestionParams
    max_attempts = 3
    retry_delays_s = (2.0, 8.0)
    time_limit_s = TIME_LIMIT_S

    answer = ""

    @classmethod
    def active_limit(cls) -> int:
        """Let the others of this user wait, so that nobody fills the queue."""
        return 2

    @classmethod
    def changed(cls, job: Job) -> None:
        """Show the change on the upload."""
        answering.job_changed(job)

    def run(self) -> Json:
        """Have the engine answer, and tell the answer as it grows."""
        upload = Upload.objects.filter(pk=self.job.params["upload_id"], is_deleted=False).first()
        question_id = self.job.params["question_id"]
        question = answering.question_of(upload, question_id) if upload else None
        if upload is None or question is None or upload.raw_text is None:
            raise InvalidInput("The upload was deleted.", code="cancelled")
        self.report("answer", 0.0)
        with self.heartbeat():
            self._stream(upload, question)
        return {"engine": settings.CORE_QNA_ENGINE, "characters": len(self.answer)}

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it says nothing of the answer
        """Write the answer to the history, in the transaction that ends the job."""
        answering.write_answer(self.job, self.answer)

    def _stream(self, upload: Upload, question: Json) -> None:
        """Collect the answer; what there is of it is told from time to time."""
        told_at = time.monotonic()
        for piece in _engine().answer(_asked(upload, question), check=self.check):
            self.answer += piece
            if time.monotonic() - told_at >= PARTIAL_EVERY_S:
                self._tell(upload, question)
                told_at = time.monotonic()
        self.answer = self.answer.strip()

    def _tell(self, upload: Upload, question: Json) -> None:
        """Tell how much of the answer there is. Raises: `LeaseLost`."""
        # `check` looks once a second: too seldom, for nothing is told of what has ended.
        if not self.holding.stands():
            raise LeaseLost(f"The lease of job {self.job.pk} is gone.")
        answering.tell_partial(self.job, upload, question, self.answer)


def _engine() -> AnswerEngine:
    """Return the engine of the settings. Raises: `JobError` where there is none any more."""
    if settings.CORE_QNA_ENGINE == "http":
        return HttpAnswers(AiHost(settings.AI_HOST))
    if settings.CORE_QNA_ENGINE == "extractive":
        return Extractive()
    raise JobError("No engine that answers questions is set up here.", code="engine_missing")


def _asked(upload: Upload, question: Json) -> Asked:
    @contextmanager
    def image() -> Iterator[BinaryIO]:
        with storage.open_stored(upload.stored_name) as file:
            yield file

    earlier = upload.followup_qa[: upload.followup_qa.index(question)]
    return Asked(
        question=question["content"],
        text=upload.raw_text or "",
        history=[{"role": entry["role"], "content": entry["content"]} for entry in earlier],
        image=image,
        image_name=upload.filename or "image",
        mime_type=upload.mime_type,
    )
