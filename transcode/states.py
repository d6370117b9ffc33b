"""PeerTube's nine job states, as a view over the kernel's five: never a second truth."""

from enum import IntEnum

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

from core.jobs.models import Job, Status


class JobState(IntEnum):
    """A runner job's state as runners and operators see it."""

    PENDING = 1
    PROCESSING = 2
    COMPLETED = 3
    ERRORED = 4
    WAITING_FOR_PARENT_JOB = 5
    CANCELLED = 6
    PARENT_ERRORED = 7
    PARENT_CANCELLED = 8
    COMPLETING = 9

    @property
    def label(self) -> str:
        """What PeerTube calls it."""
        return _LABELS[self]


_LABELS = {
    JobState.PENDING: "Pending",
    JobState.PROCESSING: "Processing",
    JobState.COMPLETED: "Completed",
    JobState.ERRORED: "Errored",
    JobState.WAITING_FOR_PARENT_JOB: "Waiting for parent job to finish",
    JobState.CANCELLED: "Cancelled",
    JobState.PARENT_ERRORED: "Parent job failed",
    JobState.PARENT_CANCELLED: "Parent job cancelled",
    JobState.COMPLETING: "Completing",
}
PARENT_FAILED = "parent_failed"


def state_of(job: Job) -> JobState:
    """Return a job's state. Reads `job.parent`."""
    if job.status == Status.QUEUED:
        is_due = job.parent is None or job.parent.status == Status.SUCCEEDED
        return JobState.PENDING if is_due else JobState.WAITING_FOR_PARENT_JOB
    if job.status == Status.RUNNING:
        return JobState.COMPLETING if job.is_finishing else JobState.PROCESSING
    if job.status == Status.FAILED:
        is_parents = job.error_code == PARENT_FAILED
        return JobState.PARENT_ERRORED if is_parents else JobState.ERRORED
    if job.status == Status.CANCELLED:
        return JobState.PARENT_CANCELLED if _ended_with_parent(job) else JobState.CANCELLED
    return JobState.COMPLETED


def _ended_with_parent(job: Job) -> bool:
    parent = job.parent
    return (
        parent is not None
        and parent.status == Status.CANCELLED
        and parent.finished_at == job.finished_at
    )


def state_column() -> Case:
    """Return the state as an expression over `Job`, to filter and to order by."""
    parents = Job.objects.filter(pk=OuterRef("parent"))
    waits = Q(parent__isnull=False) & ~Exists(parents.filter(status=Status.SUCCEEDED))
    with_parent = Exists(
        parents.filter(status=Status.CANCELLED, finished_at=OuterRef("finished_at"))
    )
    cases = [
        (Q(status=Status.QUEUED) & waits, JobState.WAITING_FOR_PARENT_JOB),
        (Q(status=Status.QUEUED), JobState.PENDING),
        (Q(status=Status.RUNNING, is_finishing=True), JobState.COMPLETING),
        (Q(status=Status.RUNNING), JobState.PROCESSING),
        (Q(status=Status.FAILED, error_code=PARENT_FAILED), JobState.PARENT_ERRORED),
        (Q(status=Status.FAILED), JobState.ERRORED),
        (Q(status=Status.CANCELLED) & Q(with_parent), JobState.PARENT_CANCELLED),
        (Q(status=Status.CANCELLED), JobState.CANCELLED),
    ]
    return Case(
        *(When(match, then=Value(int(state))) for match, state in cases),
        default=Value(int(JobState.COMPLETED)),
        output_field=IntegerField(),
    )
