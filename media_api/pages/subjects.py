"""What the jobs of this app are about: what is done with which file."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from core.accounts.models import User
from core.jobs.models import Job
from core.pages.subjects import Subject, finds_subjects
from media_api.engines.actions import Action
from media_api.models import InputType, MediaRequest

VERBS = {
    Action.COMPRESS: "compress",
    Action.EXTRACT_AUDIO: "take the sound of",
    Action.TRANSCRIBE: "transcribe",
    Action.SUMMARIZE: "summarise",
    Action.TO_TEXT: "read",
}


@finds_subjects
def of_requests(user: User, jobs: Sequence[Job]) -> dict[UUID, Subject]:
    """Name the user's requests that jobs are for, all in one query."""
    rows = MediaRequest.objects.filter(owner=user, job__in=[job.pk for job in jobs])
    page = reverse("requests-page")
    return {row.job_id: Subject(said_of(row), f"{page}#{row.rid}") for row in rows}


def said_of(request: MediaRequest) -> str:
    """Say what is done with what: "Compress and transcribe film.mov"."""
    verbs = [verb for action, verb in VERBS.items() if action in request.actions]
    said = " and ".join(part for part in (", ".join(verbs[:-1]), *verbs[-1:]) if part)
    return f"{said[:1].upper()}{said[1:]} {_named(request)}"


def _named(request: MediaRequest) -> str:
    linked = request.input_type == InputType.URL
    return request.original_name or ("a linked file" if linked else "a file")
