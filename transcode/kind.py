"""The base of every job on a video: one handler class a PeerTube job type.

A handler says what a runner is given (`payload`), what it must bring back
(`check_success`), how our own worker does the same (`encode`), how the result is checked
and put in place (`finish_with`), and what is written when it is there (`publish`). The
state machine is the kernel's; what differs (failures that count, who may take a job, what
a video shows) is here.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from rest_framework import serializers

from core.errors import InvalidInput, JobError, TemporaryFailure
from core.jobs.kinds import JobKind
from core.jobs.lifecycle import LeaseLost, NotAllowed
from core.jobs.models import Job, Status
from core.jobs.types import Json
from transcode.models import JobType, Runner, Video, VideoJob

RUNNER_SEEN = timedelta(seconds=60)
LEAST_LIMIT_S = 600.0
LIMIT_BY_DURATION = 20
# Newer than the six types that any runner may be offered (transcode contract, 2.4).
STORYBOARD_SINCE = (0, 3, 0)


class PayloadInvalid(InvalidInput):
    """A runner's success lacks a file or a field, or has one of the wrong kind."""

    code = "payload_invalid"


class ResultRefused(JobError):  # noqa: N818 - it says what happened
    """What an encode made does not pass the checks: nothing of it is kept."""

    code = "result_refused"


class VideoParams(serializers.Serializer[object]):
    """What a job of this app is about; users never start one directly."""

    video = serializers.UUIDField()
    resolution = serializers.IntegerField(required=False, allow_null=True)


class VideoKind(JobKind):
    """One type of job on a video. `stall` is its class in `TRANSCODE_STALL_SECONDS`.

    `parts` names the files that a runner's success brings, as `payload[<part>]`, and
    `update_parts` those that its updates may bring.
    """

    type: ClassVar[JobType]
    stall: ClassVar[str] = "vod"
    parts: ClassVar[tuple[str, ...]] = ()
    update_parts: ClassVar[tuple[str, ...]] = ()
    is_for_runners: ClassVar[bool] = True
    is_for_workers: ClassVar[bool] = True
    has_progress: ClassVar[bool] = True

    queue = "ffmpeg"
    stages = ("encode", "publish")
    params_serializer = VideoParams
    memory_limit_bytes = 2**33
    # Hours of encoding shall not be lost to a moment in which the storage would not take it.
    retries_crashes = True

    def limit_s(self) -> float:
        """Give an attempt twenty times the video's duration, ten minutes at least (7)."""
        return max(LEAST_LIMIT_S, LIMIT_BY_DURATION * self.video.duration_s)

    @cached_property
    def video_job(self) -> VideoJob:
        """What this job has beyond the kernel's row."""
        return VideoJob.objects.select_related("video").get(job=self.job.pk)

    @property
    def video(self) -> Video:
        """The video it works on."""
        return self.video_job.video

    # ---- what a runner sees

    @classmethod
    def stall_s(cls) -> float:
        """Return after how many seconds of silence a runner loses the job."""
        return settings.TRANSCODE_STALL_SECONDS[cls.stall]

    @classmethod
    def check_success(
        cls,
        video_job: VideoJob,  # noqa: ARG003 - for subclasses
        fields: Mapping[str, str],
        files: Mapping[str, Path],
    ) -> Json:
        """Look at what a runner's success brought, quickly: a request waits.

        `fields` are the texts and `files` the staged files of `payload[...]`, by name.
        Returns what `finish_with` needs, plain JSON, with the staged files' paths as text.
        Raises: `PayloadInvalid`; the job stays with the runner then.
        """
        if missing := [part for part in cls.parts if part not in files]:
            raise PayloadInvalid(f"Payload is invalid: {', '.join(missing)} is missing.")
        return {**fields, **{part: str(files[part]) for part in cls.parts}}

    @classmethod
    def updated(
        cls, video_job: VideoJob, fields: Mapping[str, str], files: Mapping[str, Path]
    ) -> None:
        """Take what an update brought beside its progress: only live jobs bring anything.

        `files` are staged, and removed after this. Raises: `PayloadInvalid`, and `NotProcessing`
        to have the runner stop.
        """

    # ---- the work

    def run(self) -> Json:
        """Do the whole job here: encode, then what a runner's result goes through too."""
        try:
            made = self.encode()
            return self.finish_with(made)
        except (TemporaryFailure, LeaseLost):
            raise
        except JobError as error:
            # An error costs a failure, and there may be another try (contract, 2.6).
            raise TemporaryFailure(str(error), code=error.code) from error

    def finish(self) -> Json:
        """Check and place what a runner brought."""
        return self.finish_with(self.video_job.result or {})

    def encode(self) -> Json:
        """Do what a runner would, into `self.scratch`; return what its success would bring."""
        raise NotImplementedError

    def finish_with(self, made: Json) -> Json:
        """Check the files named in `made`, put them in their place; return what to publish.

        Bears being called again after a death at any point. Raises: `ResultRefused`.
        """
        raise NotImplementedError

    # ---- the kernel's questions

    @classmethod
    def queue_of(cls, params: Json) -> str:  # noqa: ARG003 - the kernel's signature
        """Return "" where local workers are switched off."""
        is_local = cls.is_for_workers and settings.TRANSCODE_LOCAL_WORKERS != "off"
        return cls.queue if is_local else ""

    @classmethod
    def wait_s(cls, job: Job) -> float:  # noqa: ARG003
        """Leave the job to runners for a while, if one that could do it was seen lately."""
        is_left = settings.TRANSCODE_LOCAL_WORKERS != "always" and cls.is_runner_there()
        return settings.TRANSCODE_LOCAL_FALLBACK_AFTER if is_left else 0.0

    @classmethod
    def is_runner_there(cls) -> bool:
        """Return whether a runner that may be offered such jobs was seen lately."""
        if not cls.is_for_runners:
            return False
        seen = Runner.objects.filter(last_contact__gte=timezone.now() - RUNNER_SEEN)
        return any(cls.may_be_offered(runner) for runner in seen)

    @classmethod
    def may_be_offered(cls, runner: Runner) -> bool:
        """Return whether a runner may be offered such jobs; what it has asked for limits it."""
        return cls.is_for_runners and (not runner.job_types or cls.type in runner.job_types)

    @classmethod
    def has_another_attempt(cls, job: Job) -> bool:
        """Count failures, not attempts. Called before this one is counted."""
        failures = VideoJob.objects.values_list("failures", flat=True).filter(job=job.pk).first()
        if failures is None:
            return False  # The video was deleted meanwhile, and the job is for nobody.
        return cls.is_abortable and failures + 1 < settings.TRANSCODE_MAX_FAILURES

    @classmethod
    def attempt_failed(cls, job: Job) -> None:
        """Count a failure: an error, a stall, a holder that vanished; and whose it was."""
        from transcode.runners.offers import note_failure

        note_failure(job)
        VideoJob.objects.filter(job=job.pk).update(failures=F("failures") + 1)

    @classmethod
    def begun_anew(cls, job: Job) -> None:
        """Give a retried job its failures back.

        Raises: `NotAllowed` when its video is gone, or the upload that it followed was given up.
        """
        video_job = VideoJob.objects.select_related("video").filter(job=job.pk).first()
        if video_job is None:
            raise NotAllowed("The video of this job was deleted.")
        # It would hold a worker for an upload that is not followed again (ADR 12).
        if video_job.has_to_wait and video_job.round != video_job.video.round:
            raise NotAllowed("The upload that this job followed is not followed again.")
        VideoJob.objects.filter(job=job.pk).update(failures=0, failed_by={}, withheld={})

    @classmethod
    def changed(cls, job: Job) -> None:
        """Let the video follow its job; a runner's right ends with its hold."""
        from transcode.local import growing
        from transcode.runners.events import jobs_available
        from transcode.videos import following

        if job.status in (Status.QUEUED, Status.SUCCEEDED):
            jobs_available()  # Itself, or the children that waited for it.
        if job.status in (Status.QUEUED, Status.FAILED, Status.CANCELLED):
            _take_right(job)
            growing.withdraw(job)
        following.job_changed(job)


def _take_right(job: Job) -> None:
    """End the runner's right to a job; who had it last is kept unless somebody else may get it."""
    of_runner = VideoJob.objects.filter(job=job.pk)
    of_runner.exclude(token_hash="").update(token_hash="")
    if job.status == Status.QUEUED:
        of_runner.exclude(runner=None).update(runner=None)


def video_kind(job: Job) -> type[VideoKind]:
    """Return the handler of a job of this app. Raises: `TypeError` for another's."""
    from core.jobs.kinds import kind_named

    kind = kind_named(job.kind)
    if not issubclass(kind, VideoKind):
        raise TypeError(f"{job.kind} is no job on a video.")
    return kind


def kind_for(job_type: str) -> type[VideoKind]:
    """Return the handler of a PeerTube job type. Raises: `KeyError`."""
    found: dict[str, type[VideoKind]] = {kind.type: kind for kind in _handlers()}
    return found[job_type]


def job_titles() -> dict[str, str]:
    """Return what people call each type of job, by PeerTube's name of it."""
    return {kind.type: kind.title for kind in _handlers()}


def runner_kinds() -> list[str]:
    """Return the kinds of job that runners may take, by their names in the kernel."""
    return [kind.name for kind in _handlers() if kind.is_for_runners]


def _handlers() -> list[type[VideoKind]]:
    from core.jobs.kinds import known_kinds

    return [kind for kind in known_kinds().values() if issubclass(kind, VideoKind)]
