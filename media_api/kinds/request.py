"""`media_api.request`: one request, from its input to its archive (Media API contract, 4)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rest_framework import serializers

from core.errors import InvalidInput, JobError
from core.jobs.kinds import JobKind
from core.jobs.models import Job, Status
from core.jobs.settling import insist
from core.jobs.types import Json
from core.media.ffmpeg import Runner
from media_api import ending, storage
from media_api.config.live import current
from media_api.engines.plan import Plan, plan, queue_for
from media_api.models import MediaRequest
from media_api.pipeline import archiving, inspecting, sources
from media_api.pipeline.deadline import PACKING_S, Deadline
from media_api.pipeline.failures import said_of
from media_api.pipeline.running import Outcome, run_stages
from media_api.pipeline.showing import showing
from media_api.pipeline.stages import STAGES
from media_api.pipeline.work import Work
from media_api.progress import ErrorBody


class RequestParams(serializers.Serializer[object]):
    """Which request, and what it asks for."""

    rid = serializers.RegexField(r"^[0-9a-f]{32}$")
    actions = serializers.ListField(child=serializers.CharField())


class NothingMade(JobError):  # noqa: N818 - it says what happened
    """No stage has come to its end; the first that failed says why."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"], code=error["code"])
        # Others may have failed after it: the job's own stage is the last one's.
        self.result = {"error": error}


class MediaJob(JobKind):
    """Make the outputs of one request.

    Result: `{"outputs", "error"}`, the latter where a stage failed; of a job that failed by its
    stages the error alone.
    """

    name = "media_api.request"
    title = "Media request"
    params_serializer = RequestParams
    max_attempts = 2

    @classmethod
    def queue_of(cls, params: Json) -> str:
        """Return the queue of the dearest stage."""
        return queue_for(params["actions"])

    @classmethod
    def changed(cls, job: Job) -> None:
        """Tell the sockets; at the end also the webhook and the disk."""
        ending.job_changed(job)

    @classmethod
    def begun_anew(cls, job: Job) -> None:
        """Refuse what has no input or no place in the queue. Raises: `NotAllowed`."""
        from media_api.services.submitting import require_place_again

        ending.require_input(job)
        require_place_again(job, current())
        ending.forget(job)

    @classmethod
    def host_limit(cls) -> int:
        """Return how many requests one machine works on at once."""
        return current().worker_concurrency

    def limit_s(self) -> float:
        """Return the operator's limit, as it is now, and the time to pack what is done by then."""
        return current().job_timeout + PACKING_S

    def run(self) -> Json:
        """Fetch, look, plan, make, pack. Raises: `JobError` when nothing has come of it."""
        request = MediaRequest.objects.filter(pk=self.job.params["rid"]).first()
        if request is None:
            raise InvalidInput("The request was deleted.", code="cancelled")
        try:
            # A model that is loaded, a server that is asked, say nothing for long; `Deadline`
            # and the kernel's limit end what never comes back.
            with self.heartbeat(), storage.attempt_folder(request.rid, self.job.attempt) as scratch:
                outcome = self._made(request, scratch)
        except (JobError, OSError) as error:
            raise _in_contract(error) from error
        if outcome.error is not None and not outcome.done:
            raise NothingMade(outcome.error)
        result: dict[str, Any] = {"outputs": outcome.outputs}
        return result if outcome.error is None else {**result, "error": outcome.error}

    def publish(self, result: Json) -> None:
        """Write down what there is to be fetched."""
        rid = self.job.params["rid"]
        MediaRequest.objects.filter(pk=rid).update(outputs=result["outputs"])

    def _made(self, request: MediaRequest, scratch: Path) -> Outcome:
        deadline = Deadline(self, current().job_timeout)
        source = sources.fetched(request, current(), scratch=scratch, check=deadline.check)
        content = inspecting.inspected(source, request, current(), runner=deadline.program)
        planned = plan(content.type, request.actions)
        work = Work(
            rid=request.rid,
            config=request.config,
            settings=current(),
            source=source,
            mime=content.mime,
            info=content.media,
            duration_s=inspecting.length_s(source, content, current(), runner=deadline.program),
            scratch=scratch,
            wanted=planned.names,
            runner=self._runner(deadline, [source.parent, scratch]),
            check=deadline.check,
        )
        self._begin(request, planned)
        outcome = run_stages(
            work,
            planned,
            STAGES,
            report=self.report,
            keep=self.holding.renew,
            tell_unmade=self._write_unmade,
            may_come_again=self.job.attempts_left > 0,
        )
        if outcome.done:
            self._pack(outcome, scratch)
        return outcome

    def _pack(self, outcome: Outcome, scratch: Path) -> None:
        """Build the archive, also where the stages have had all the time that there was."""
        names = [one["name"] for one in outcome.outputs]
        rid, keep = self.job.params["rid"], self.holding.renew
        archiving.pack(rid, names, scratch=scratch, check=self.check, keep=keep)

    def _runner(self, deadline: Deadline, folders: Sequence[Path]) -> Runner:
        if not current().show_ffmpeg_commands:
            return deadline.program
        return showing(deadline.program, self.holding.log, folders)

    def _begin(self, request: MediaRequest, planned: Plan) -> None:
        """Write down the stages: from now on clients can be told how many there are."""
        self.stage_names = tuple(name.value for name in planned.names)
        MediaRequest.objects.filter(pk=request.pk).update(stages=list(self.stage_names), unmade={})

    def _write_unmade(self, unmade: Mapping[str, str]) -> None:
        """Write down what has failed or was skipped; nothing where the job is not ours any more."""
        held = {"job__status": Status.RUNNING, "job__lease_token": self.job.lease_token}
        mine = MediaRequest.objects.filter(pk=self.job.params["rid"], **held)
        insist(lambda: mine.update(unmade=dict(unmade)))


def _in_contract(error: Exception) -> Exception:
    """Give an error that ended the work before its stages one of the contract's codes."""
    if isinstance(error, JobError):
        code, _ = said_of(error, "internal")
        error.code = code
        return error
    code, message = said_of(error, "internal")
    return error if code == "internal" else JobError(message, code=code)
