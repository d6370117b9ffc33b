"""What operators read and do: runners, their tokens, their jobs (contract, 2.2)."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from core.errors import InvalidInput
from core.jobs import lifecycle
from core.jobs.models import Job, Status
from transcode.models import RegistrationToken, Runner, VideoJob
from transcode.runners import types
from transcode.runners.problems import UnknownJob
from transcode.runners.tokens import new_registration_token
from transcode.states import JobState, state_column

CANCELLABLE = (JobState.PENDING, JobState.PROCESSING, JobState.WAITING_FOR_PARENT_JOB)
TOKEN_ORDERS = {"createdAt": "created_at"}
RUNNER_ORDERS = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "lastContact": "last_contact",
    "name": "name",
}
JOB_ORDERS = {
    "updatedAt": "updated_at",
    "createdAt": "created_at",
    "priority": "video_job__priority",
    "state": "peertube_state",
    "progress": "progress",
}


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted, and in which order: a name of the wire, perhaps with `-`."""

    start: int
    count: int
    sort: str

    def of(self, rows: QuerySet[Any], orders: dict[str, str]) -> QuerySet[Any]:
        """Return the part; rows that are equal keep their order from page to page."""
        sign = "-" if self.sort.startswith("-") else ""
        column = orders[self.sort.removeprefix("-")]
        return rows.order_by(f"{sign}{column}", f"{sign}pk")[self.start : self.start + self.count]


def make_registration_token() -> RegistrationToken:
    """Make a token by which runners come in."""
    return RegistrationToken.objects.create(token=new_registration_token())


def tokens_page(page: Page) -> dict[str, Any]:
    """Show registration tokens."""
    rows = RegistrationToken.objects.annotate(runners_count=Count("runners"))
    found = page.of(rows, TOKEN_ORDERS)
    data = [types.token_body(token, token.runners_count) for token in found]
    return {"total": RegistrationToken.objects.count(), "data": data}


def runners_page(page: Page) -> dict[str, Any]:
    """Show runners."""
    rows = Runner.objects.all()
    data = [types.runner_body(runner) for runner in page.of(rows, RUNNER_ORDERS)]
    return {"total": rows.count(), "data": data}


def jobs_page(
    page: Page, *, search: str, states: list[int], job_types: list[str]
) -> dict[str, Any]:
    """Show jobs. `search` is a job's whole id, or a part of a type's or a runner's name."""
    rows = Job.objects.filter(video_job__isnull=False).annotate(peertube_state=state_column())
    if search:
        rows = rows.filter(_found_by(search))
    if states:
        rows = rows.filter(peertube_state__in=states)
    if job_types:
        rows = rows.filter(video_job__type__in=job_types)
    total = rows.count()
    ids = list(page.of(rows, JOB_ORDERS).values_list("pk", flat=True))
    found = VideoJob.objects.select_related("job__parent", "runner").in_bulk(ids)
    return {"total": total, "data": [_job_body(found[pk]) for pk in ids if pk in found]}


def _found_by(search: str) -> Q:
    try:
        return Q(pk=UUID(search))
    except ValueError:
        by_type = Q(video_job__type__icontains=search)
        return by_type | Q(video_job__runner__name__icontains=search)


def _job_body(video_job: VideoJob) -> types.JobBody:
    body = types.job_body(video_job.job, video_job)
    body["privatePayload"] = video_job.private_payload
    return body


def cancel(job_id: UUID) -> None:
    """Cancel a job with its children. Raises: `UnknownJob`, `InvalidInput` in another state."""
    if not VideoJob.objects.filter(pk=job_id).exists():
        raise UnknownJob
    try:
        lifecycle.cancel(job_id, unless=Q(is_finishing=True))
    except lifecycle.NotAllowed as error:
        raise InvalidInput(
            "Only a pending, waiting or processing job can be cancelled.", code="not_cancellable"
        ) from error


def delete(job_id: UUID) -> None:
    """End a job, also while its result is being placed, then erase it. Raises: `UnknownJob`.

    First the one, then the other: its video has followed before the row is gone. What a job
    that is done has released goes on without it.
    """
    if not VideoJob.objects.filter(pk=job_id).exists():
        raise UnknownJob
    with suppress(lifecycle.NotAllowed):
        lifecycle.cancel(job_id)
    with transaction.atomic():
        Job.objects.filter(parent=job_id, parent__status=Status.SUCCEEDED).update(parent=None)
        Job.objects.filter(pk=job_id, finished_at__isnull=False).delete()
