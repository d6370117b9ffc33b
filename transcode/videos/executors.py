"""Who does a job, or did it last: a runner, perhaps one that is gone by now, or our own workers.

The runner in a job's row is the present one or the last; it goes from the row when the runner
is removed, and when the job waits anew. What stays is who began the last attempt.
"""

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from core.jobs.models import JobAttempt, Status
from transcode.models import RUNNER_HOLDER, Runner, VideoJob

LOCAL = "local"
# No name follows: a runner that is there is `runner:<name>`, whatever it is called.
REMOVED_RUNNER = "runner"


def with_executors(jobs: QuerySet[VideoJob]) -> QuerySet[VideoJob]:
    """Read with jobs what `executor_of` needs."""
    last = JobAttempt.objects.filter(job=OuterRef("pk"), number=OuterRef("job__attempt"))
    holder = Concat(Value(RUNNER_HOLDER), Cast("pk", CharField()), output_field=CharField())
    runner = Runner.objects.alias(as_holder=holder).filter(as_holder=OuterRef("last_holder"))
    return jobs.annotate(
        last_holder=Subquery(last.values("holder")[:1]),
        last_runner=Subquery(runner.values("name")[:1]),
    )


def executor_of(video_job: VideoJob) -> str | None:
    """Name who has the job, or had it last; None before anybody has it.

    `video_job` was read by `with_executors`, best with its `job` and `runner`.
    """
    if video_job.runner is not None:
        return f"{RUNNER_HOLDER}{video_job.runner.name}"
    holder: str | None = video_job.last_holder  # type: ignore[attr-defined] # annotated
    # The row forgets when it began once it waits anew; it may have ended without an attempt more.
    nobody_had_it = video_job.job.started_at is None and holder is None
    if video_job.job.status == Status.QUEUED or nobody_had_it:
        return None
    if not (holder or "").startswith(RUNNER_HOLDER):
        return LOCAL
    name = video_job.last_runner  # type: ignore[attr-defined] # annotated
    return f"{RUNNER_HOLDER}{name}" if name else REMOVED_RUNNER
