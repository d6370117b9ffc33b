"""The cuts of a video: each edit makes another, and what was made of two is never mixed (4.4).

A video counts them, a job notes the one that it finds when it is taken, and its rendition has
that one. So whatever dies between, and whatever is tried again, every row says what it is of.
"""

from django.db.models import QuerySet

from transcode.models import Video, VideoFile, VideoJob
from transcode.videos.errors import Outdated


def files_of(video: Video) -> "QuerySet[VideoFile]":
    """Select the renditions of a video's present cut."""
    return video.files.filter(cut=video.cut)


def require_present(made_by: VideoJob) -> None:
    """Refuse what a job has made of an earlier cut; call it with the video's row locked.

    Raises: `Outdated`.
    """
    if not Video.objects.filter(pk=made_by.video_id, cut=made_by.cut).exists():
        raise Outdated
