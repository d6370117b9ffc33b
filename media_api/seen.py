"""Requests by those columns alone that their state is told by: the most frequent question."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from core.prepared import Prepared
from media_api.models import MediaRequest


class JobSeen(NamedTuple):
    """What a job's state is told by; the names and meanings are those of `Job`."""

    status: str
    stage: str
    stage_index: int
    progress: float
    started_at: datetime | None
    finished_at: datetime | None
    result: dict[str, Any] | None
    error_code: str
    error_message: str
    revision: int


class RequestSeen(NamedTuple):
    """What a request's state is told by; the names and meanings are those of `MediaRequest`."""

    id: UUID
    owner_id: UUID | None
    stages: list[Any]
    job: JobSeen

    @property
    def rid(self) -> str:
        """The request's id as clients know it."""
        return self.id.hex


_OWN = RequestSeen._fields[:-1]
_OF_JOB = [f"job__{name}" for name in JobSeen._fields]
_ROWS = Prepared(lambda: MediaRequest.objects.order_by().values_list(*_OWN, *_OF_JOB))


def requests_seen(ids: Sequence[UUID]) -> list[RequestSeen]:
    """Read the requests of these ids, whoever has them."""
    return [_seen(row[: len(_OWN)], row[len(_OWN) :]) for row in _ROWS.rows(ids)]


def _seen(own: tuple[Any, ...], of_job: tuple[Any, ...]) -> RequestSeen:
    return RequestSeen._make((*own, JobSeen._make(of_job)))
