"""The six states of a request, as a view over its job (Media API contract, 4.1)."""

from enum import IntEnum

from core.jobs.models import Job, Status
from media_api.seen import JobSeen


class State(IntEnum):
    """What clients are told. DELETED is also what an unknown request is."""

    QUEUED = 0
    PROCESSING = 1
    FINISHED = 2
    DONE_PARTIALLY = 3
    CANCELED = 4
    DELETED = 5


FINAL = frozenset({State.FINISHED, State.DONE_PARTIALLY, State.CANCELED, State.DELETED})


def state_of(job: Job | JobSeen) -> State:
    """Return the state of the request whose job this is."""
    if job.status == Status.QUEUED:
        return State.QUEUED
    if job.status == Status.RUNNING:
        return State.PROCESSING
    if job.status != Status.SUCCEEDED:
        return State.CANCELED
    return State.DONE_PARTIALLY if (job.result or {}).get("error") else State.FINISHED
