"""Jobs beside a video's renditions: nobody waits for them, and they change no state."""

from collections.abc import Callable

from django.conf import settings

from core.jobs import lifecycle
from core.jobs.models import Job
from core.jobs.types import Json
from transcode.kind import kind_for
from transcode.models import JobType, Video, VideoJob
from transcode.runners.events import jobs_available
from transcode.videos import layout

_RUNNERS = "/api/v1/runners/"


def add_job(
    video: Video,
    job_type: JobType,
    describe: Callable[[str], Json],
    *,
    priority: int,
    base_url: str = "",
) -> Job:
    """Queue a job beside the renditions, or return the one on this cut that is under way.

    `describe` makes the payload of the address below which its runner finds the video's
    files. Call it in a transaction.
    """
    job = lifecycle.enqueue(
        kind_for(job_type),
        owner=video.owner,
        params={"video": str(video.pk)},
        work_key=f"{job_type}:{video.pk}:{video.cut}",
    )
    if not VideoJob.objects.filter(job=job).exists():
        files = layout.files_url(base_url or base_of(video), job.pk, video.pk)
        VideoJob.objects.create(
            job=job,
            video=video,
            type=job_type,
            round=video.round,
            weight=0.0,
            is_counted=False,
            priority=priority,
            payload=describe(files),
            private_payload={"videoUUID": str(video.pk)},
        )
        jobs_available()
    return job


def base_of(video: Video) -> str:
    """Return the platform's address as the request knew it that made the video's first jobs."""
    if settings.TRANSCODE_PUBLIC_URL:
        return str(settings.TRANSCODE_PUBLIC_URL)
    for payload in video.jobs.values_list("payload", flat=True):
        addresses = [value for value in payload.get("input", {}).values() if isinstance(value, str)]
        for address in addresses:
            base, found, _ = address.partition(_RUNNERS)
            if found:
                return base
    return ""
