"""The jobs of a video are written, and what each is told (transcode contract, 4 and 5.4)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.kind import kind_for
from transcode.models import JobType, Video, VideoJob
from transcode.runners.events import jobs_available
from transcode.videos import selectors
from transcode.videos.planning import LadderSettings, PlannedJob, plan

__all__ = ["LadderSettings", "PlannedJob", "files_url", "lay_out", "payload_of", "plan"]

VOD_PRIORITY = 100
RECENT = timedelta(days=7)


def lay_out(
    video: Video,
    jobs: list[PlannedJob],
    *,
    base_url: str = "",
    private: dict[str, Any] | None = None,
) -> list[Job]:
    """Write the planned jobs of the video's present round; call it in the video's transaction.

    `base_url` is the platform's address as the request knew it, where `TRANSCODE_PUBLIC_URL`
    names none. `private` is added to what each job's runner is not told.
    """
    base = django_settings.TRANSCODE_PUBLIC_URL or base_url.rstrip("/")
    priority, settings = VOD_PRIORITY + recent_uploads(video), LadderSettings.current()
    made: list[Job] = []
    for planned in jobs:
        parent = None if planned.parent is None else made[planned.parent]
        params = {"video": str(video.pk), "resolution": planned.resolution}
        job = lifecycle.enqueue(
            kind_for(planned.type), owner=video.owner, params=params, parent=parent
        )
        VideoJob.objects.create(
            job=job,
            video=video,
            type=planned.type,
            resolution=planned.resolution,
            fps=planned.fps,
            round=video.round,
            weight=planned.weight,
            is_optional=planned.is_optional,
            priority=priority,
            payload=payload_of(planned, video, files_url(base, job.pk, video.pk)),
            private_payload={**_private(planned, video, settings), **(private or {})},
        )
        made.append(job)
    jobs_available()
    return made


def recent_uploads(video: Video) -> int:
    """Return how many other videos the owner has uploaded in the last seven days (2.10)."""
    others = Video.objects.filter(owner=video.owner_id).exclude(pk=video.pk)
    return others.filter(created_at__gte=timezone.now() - RECENT).count()


def files_url(base: str, job_id: UUID, video_id: UUID) -> str:
    """Return the address below which a runner finds a video's files for a job (2.8)."""
    return f"{base}/api/v1/runners/jobs/{job_id}/files/videos/{video_id}"


def payload_of(planned: PlannedJob, video: Video, files: str) -> dict[str, Any]:
    """Return what a runner is told (4). `files` is the address that `files_url` makes."""
    source, output = f"{files}/max-quality", {"resolution": planned.resolution, "fps": planned.fps}
    if planned.type == JobType.AUDIO_MERGE:
        preview = f"{files}/previews/max-quality"
        sound = f"{source}/audio"
        return {"input": {"audioFileUrl": sound, "previewFileUrl": preview}, "output": output}
    best = selectors.max_quality(video)
    is_split = best is not None and selectors.separate_audio_of(video, best) is not None
    audio = [f"{files}/max-quality/audio"] if is_split else []
    if planned.type in (JobType.HLS, JobType.REMUX):
        output = {**output, "separatedAudio": planned.is_separated}
    return {"input": {"videoFileUrl": source, "separatedAudioFileUrl": audio}, "output": output}


def _private(planned: PlannedJob, video: Video, settings: LadderSettings) -> dict[str, Any]:
    private: dict[str, Any] = {
        "isNewVideo": video.published_at is None,
        "canMoveVideoState": True,
        "videoUUID": str(video.pk),
    }
    if planned.type == JobType.HLS:
        private["transcodingRequestAt"] = timezone.now().isoformat()
        # The still under a sound is there for its renditions only.
        private["deleteWebVideoFiles"] = not (video.has_video or settings.has_web_videos)
    if planned.type == JobType.REMUX:
        private["isTop"] = planned.is_top
    return private
