"""Rows for tests: videos without files, jobs of any type and state, runners with their tokens."""

from datetime import timedelta
from itertools import count

from django.db import transaction
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.kind import kind_for
from transcode.models import JobType, RegistrationToken, Runner, Video, VideoJob
from transcode.runners import holding, tokens

_numbers = count(1)


def make_video(owner, **columns):
    """Save a video of two seconds, of which no file exists unless `columns` names one."""
    described = {
        "name": "A clip",
        "duration_s": 2.0,
        "width": 640,
        "height": 360,
        "fps": 30.0,
        "has_video": True,
        "has_audio": True,
    }
    return Video.objects.create(owner=owner, **{**described, **columns})


def make_job(video, job_type=JobType.HLS, *, parent=None, resolution=360, **columns):
    """Enqueue a job on a video, as its layout does; return the `VideoJob`."""
    described = {
        "type": job_type,
        "resolution": resolution,
        "fps": 30,
        "round": video.round,
        "payload": {"input": {}, "output": {"resolution": resolution, "fps": 30}},
    }
    with transaction.atomic():
        job = lifecycle.enqueue(
            kind_for(job_type),
            owner=video.owner,
            params={"video": str(video.pk), "resolution": resolution},
            parent=parent.job if parent else None,
        )
        return VideoJob.objects.create(job=job, video=video, **{**described, **columns})


def make_registration_token():
    """Save a registration token."""
    return RegistrationToken.objects.create(token=tokens.new_registration_token())


def make_runner(name="", **columns):
    """Register a runner; return it with its token."""
    token = tokens.new_runner_token()
    runner = Runner.objects.create(
        name=name or f"runner {next(_numbers)}",
        token_hash=tokens.hash_of(token),
        registration_token=columns.pop("registration_token", None) or make_registration_token(),
        **columns,
    )
    return runner, token


def accepted(runner, video_job):
    """Let a runner take a job; return the job token."""
    token = holding.accept(runner, video_job.pk).token
    video_job.refresh_from_db()
    return token


def tokens_of(runner_token, job_token):
    """Return what every call about a held job brings."""
    return {"runnerToken": runner_token, "jobToken": job_token}


def fresh(video_job):
    """Read a job again, with its kernel row."""
    return VideoJob.objects.select_related("job__parent", "runner").get(pk=video_job.pk)


def ends(video_job, status, **columns):
    """Put a job's row into a final state behind the kernel's back; for what only reads it."""
    Job.objects.filter(pk=video_job.pk).update(
        status=status, finished_at=timezone.now(), lease_token=None, lease_expires_at=None,
        holder="", is_finishing=False, **columns,
    )  # fmt: skip


def quiet_since(video_job, seconds):
    """Make a job's last change as old as that."""
    before = timezone.now() - timedelta(seconds=seconds)
    Job.objects.filter(pk=video_job.pk).update(updated_at=before)
    return before
