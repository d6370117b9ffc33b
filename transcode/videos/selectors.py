"""Reading videos. People see their own, staff see all; what is not seen is not there."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from core.accounts.models import User
from core.jobs.models import UNFINISHED
from transcode.models import FileKind, Video, VideoFile, VideoJob, VideoState
from transcode.videos import cuts
from transcode.videos.errors import NotFound
from transcode.videos.executors import with_executors

# What is over, whichever way; everything else is under way.
SETTLED = (VideoState.PUBLISHED, VideoState.LIVE_ENDED, VideoState.TRANSCODING_FAILED)


@dataclass(frozen=True)
class Stored:
    """One stored file of a video: its key, and which streams it has."""

    name: str
    has_video: bool
    has_audio: bool


def api_address(video: Video) -> str:
    """Return where the API has a video; an upload is known by it that brings one."""
    return f"/api/v1/video/{video.pk}"


def videos_of(user: User) -> QuerySet[Video]:
    """Select a user's own videos, newest first."""
    return Video.objects.filter(owner=user)


def video_of(user: User, video_id: UUID | str) -> Video:
    """Return a video that the user owns, or may see as staff. Raises: `NotFound`."""
    try:
        wanted = UUID(str(video_id))
    except ValueError:
        raise NotFound from None
    seen = Video.objects.all() if user.is_staff else videos_of(user)
    video = seen.filter(pk=wanted).first()
    if video is None:
        raise NotFound
    return video


def unfinished_videos_of(user: User) -> QuerySet[Video]:
    """Select what a user's video socket shows first, oldest first."""
    return videos_of(user).exclude(state__in=SETTLED).order_by("created_at", "pk")


def jobs_of(video: Video) -> QuerySet[VideoJob]:
    """Select a video's jobs of all rounds, with rows of the kernel and who did them, in order."""
    jobs = VideoJob.objects.filter(video=video.pk).select_related("job__parent", "runner")
    return with_executors(jobs).order_by("job__created_at", "job")


def open_jobs(video: Video) -> QuerySet[VideoJob]:
    """Select a video's counted jobs that are not over."""
    counted = VideoJob.objects.filter(video=video.pk, is_counted=True)
    return counted.filter(job__status__in=UNFINISHED)


def max_quality(video: Video) -> Stored | None:
    """Return the best file with a picture, the original if it is kept, else a sound (2.8)."""
    original = _original(video)
    if original and original.has_video:
        return original
    pictures = cuts.files_of(video).filter(has_video=True)
    best = pictures.order_by("-resolution", "-fps", "-has_audio").first()
    return _stored(best) or original or _separate_audio(video)


def max_quality_audio(video: Video) -> Stored | None:
    """Return the best separate sound, else what `max_quality` gives.

    An original without a picture is the best of them: what was made of it may have no sound.
    """
    original = _original(video)
    if original and not original.has_video:
        return original
    return _separate_audio(video) or max_quality(video)


def separate_audio_of(video: Video, source: Stored) -> Stored | None:
    """Return the sound that belongs to a source that has none of its own."""
    if source.has_audio or not video.has_audio:
        return None
    return _separate_audio(video)


def _original(video: Video) -> Stored | None:
    if not video.source_name:
        return None
    return Stored(video.source_name, video.has_video, video.has_audio)


def _separate_audio(video: Video) -> Stored | None:
    sounds = cuts.files_of(video).filter(Q(kind=FileKind.HLS, resolution=0, has_audio=True))
    return _stored(sounds.order_by("-created_at").first())


def _stored(file: VideoFile | None) -> Stored | None:
    return Stored(file.name, file.has_video, file.has_audio) if file else None
