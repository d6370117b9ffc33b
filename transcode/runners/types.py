"""The shapes of jobs and runners on the wire (contract, 2.2 to 2.5)."""

from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

from core.jobs.models import Job, Status
from core.jobs.types import Json
from transcode.models import RegistrationToken, Runner, VideoJob
from transcode.states import JobState, state_of

PARENT_ERROR = "Parent error"
BARE = "/api/v1/runners/"


class StateBody(TypedDict):
    """A state by its number and its name."""

    id: int
    label: str


class OfferBody(TypedDict):
    """A job that may be had."""

    uuid: str
    type: str
    payload: Json


class ParentBody(TypedDict):
    """The job that another waited for."""

    id: str
    uuid: str
    type: str
    state: StateBody


class HolderBody(TypedDict):
    """The runner that has a job, or had it."""

    id: int
    name: str
    description: str | None


class JobBody(TypedDict):
    """A job. `progress` is a percentage; times are ISO 8601 in UTC."""

    uuid: str
    type: str
    state: StateBody
    progress: int | None
    priority: int
    failures: int
    error: str | None
    payload: Json
    startedAt: str | None
    finishedAt: str | None
    createdAt: str
    updatedAt: str
    parent: NotRequired[ParentBody]
    runner: NotRequired[HolderBody]
    jobToken: NotRequired[str]
    privatePayload: NotRequired[Json]


class RunnerBody(TypedDict):
    """A runner, as operators see it; never with its token."""

    id: int
    name: str
    description: str | None
    ip: str | None
    lastContact: str
    createdAt: str
    updatedAt: str
    version: str | None


class TokenBody(TypedDict):
    """A registration token, as operators see it."""

    id: int
    registrationToken: str
    createdAt: str
    updatedAt: str
    registeredRunnersCount: int


def moment(at: datetime) -> str:
    """Write a time as `2026-01-31T12:00:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment_or_none(at: datetime | None) -> str | None:
    return moment(at) if at else None


def offer_body(video_job: VideoJob, base_url: str) -> OfferBody:
    """Show a pending job to a runner that knows the platform as `base_url`."""
    return {
        "uuid": str(video_job.pk),
        "type": video_job.type,
        "payload": addressed(video_job.payload, base_url),
    }


def addressed(value: Any, base_url: str) -> Any:
    """Complete the addresses of a payload that was made without a request's host."""
    if isinstance(value, dict):
        return {key: addressed(inner, base_url) for key, inner in value.items()}
    if isinstance(value, list):
        return [addressed(inner, base_url) for inner in value]
    is_bare = isinstance(value, str) and value.startswith(BARE)
    return f"{base_url}{value}" if is_bare else value


def job_body(job: Job, video_job: VideoJob, base_url: str = "") -> JobBody:
    """Show a job. Reads its parent's row."""
    state = state_of(job)
    body: JobBody = {
        "uuid": str(job.pk),
        "type": video_job.type,
        "state": _state_body(state),
        "progress": _percentage(job),
        "priority": video_job.priority,
        "failures": video_job.failures,
        "error": PARENT_ERROR if state == JobState.PARENT_ERRORED else job.error_message or None,
        "payload": addressed(video_job.payload, base_url),
        "startedAt": _moment_or_none(job.started_at) if job.status != Status.QUEUED else None,
        "finishedAt": _moment_or_none(job.finished_at),
        "createdAt": moment(job.created_at),
        "updatedAt": moment(job.updated_at),
    }
    if job.parent:
        body["parent"] = _parent_body(job.parent)
    if video_job.runner:
        body["runner"] = _holder_body(video_job.runner)
    return body


def _state_body(state: JobState) -> StateBody:
    return {"id": int(state), "label": state.label}


def _percentage(job: Job) -> int | None:
    """Return how far a job at work is; None before its first word, and when it is over."""
    if job.status != Status.RUNNING or not job.stage:
        return None
    return 100 if job.is_finishing or job.stage == "publish" else round(100 * job.progress)


def _parent_body(parent: Job) -> ParentBody:
    return {
        "id": str(parent.pk),
        "uuid": str(parent.pk),
        "type": parent.kind.removeprefix("transcode."),
        "state": _state_body(state_of(parent)),
    }


def _holder_body(runner: Runner) -> HolderBody:
    return {"id": runner.pk, "name": runner.name, "description": runner.description or None}


def runner_body(runner: Runner) -> RunnerBody:
    """Show a runner to an operator."""
    return {
        "id": runner.pk,
        "name": runner.name,
        "description": runner.description or None,
        "ip": runner.ip or None,
        "lastContact": moment(runner.last_contact),
        "createdAt": moment(runner.created_at),
        "updatedAt": moment(runner.updated_at),
        "version": runner.version or None,
    }


def token_body(token: RegistrationToken, runners_count: int) -> TokenBody:
    """Show a registration token to an operator."""
    return {
        "id": token.pk,
        "registrationToken": token.token,
        "createdAt": moment(token.created_at),
        "updatedAt": moment(token.updated_at),
        "registeredRunnersCount": runners_count,
    }
