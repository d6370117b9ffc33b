"""Requests as people list them (Media API contract, 8.11)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from core.accounts.models import User
from core.jobs.models import Job, Status
from media_api.kinds.request import MediaJob
from media_api.models import MediaRequest, RequestType
from media_api.progress import progress_of
from media_api.schemas.errors import Fault, Invalid
from media_api.selectors import requests
from media_api.states import State

# Which jobs the requests in a state have.
JOBS_IN = {
    State.QUEUED: Q(job__status=Status.QUEUED),
    State.PROCESSING: Q(job__status=Status.RUNNING),
    State.FINISHED: Q(job__status=Status.SUCCEEDED, job__result__error__isnull=True),
    State.DONE_PARTIALLY: Q(job__status=Status.SUCCEEDED, job__result__error__isnull=False),
    State.CANCELED: Q(job__status__in=(Status.FAILED, Status.CANCELLED)),
}
# What outputs are called where they are listed: as the routes that serve them.
_KINDS = {
    "out.mp4": "video",
    "audio.mp3": "audio",
    "audio.m4a": "audio",
    "transcription.txt": "text",
    "summary.md": "summary",
    "transcription.srt": "subtitles",
    "transcription.vtt": "subtitles",
    "transcription.json": "segments",
}


def requests_of(user: User | None, query: Mapping[str, str]) -> QuerySet[MediaRequest]:
    """Return a user's own requests, newest first; nobody's are in nobody's list.

    Raises: `Invalid` for a filter that there is not.
    """
    if user is None:
        return requests().none()
    rows = requests().filter(owner=user)
    if "status" in query:
        rows = rows.filter(JOBS_IN[_state(query["status"])])
    if "type" in query:
        rows = rows.filter(request_type=_type(query["type"]))
    return rows


def _state(text: str) -> State:
    known = {str(int(state)): state for state in JOBS_IN}
    if text not in known:
        raise Invalid([_error("status", "Input should be 0, 1, 2, 3 or 4")])
    return known[text]


def _type(text: str) -> str:
    if text not in RequestType.values:
        raise Invalid([_error("type", f"Input should be one of {', '.join(RequestType.values)}")])
    return text


def _error(name: str, message: str) -> Fault:
    return {"loc": ["query", name], "msg": message, "type": "enum"}


def body(request: MediaRequest) -> dict[str, Any]:
    """Return a request as it stands in the list."""
    finished_at = request.job.finished_at
    kinds = [_KINDS[output["name"]] for output in request.outputs if output["name"] in _KINDS]
    return {
        **progress_of(request).body(),
        "type": request.request_type,
        "actions": request.actions,
        "filename": request.original_name,
        "createdAt": request.created_at.isoformat(),
        "finishedAt": finished_at.isoformat() if finished_at else None,
        "outputs": list(dict.fromkeys(kinds)),
    }


def detail_body(request: MediaRequest) -> dict[str, Any]:
    """Return a request as it is shown alone."""
    return {
        **body(request),
        "queuePosition": queue_position(request),
        "etaSeconds": None,
        "webhook": _webhook_body(request),
    }


def queue_position(request: MediaRequest) -> int | None:
    """Return the place of a request that waits, from 1; None of one that does not.

    A machine's slots are for all of them, whatever Celery queue they are in.
    """
    job = request.job
    if job.status != Status.QUEUED:
        return None
    not_later = Q(created_at__lt=job.created_at) | Q(created_at=job.created_at, pk__lte=job.pk)
    return Job.objects.filter(not_later, kind=MediaJob.name, status=Status.QUEUED).count()


def _webhook_body(request: MediaRequest) -> dict[str, Any] | None:
    if not request.webhook_url:
        return None
    job = request.webhook_job
    if job is None:
        return {"attempts": 0, "lastStatus": None, "deliveredAt": None}
    delivered_at = job.webhook.delivered_at
    return {
        "attempts": job.attempt,
        "lastStatus": job.webhook.last_status,
        "deliveredAt": delivered_at.isoformat() if delivered_at else None,
    }
