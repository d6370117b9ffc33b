"""The cuts of a video: each edit makes another, and what was made of two is never mixed (4.4).

A video counts them, a job notes the one that it finds when it is taken, and its rendition has
that one. So whatever dies between, and whatever is tried again, every row says what it is of.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from transcode.models import Caption, Video, VideoFile, VideoJob
from transcode.videos.errors import Outdated


def files_of(video: Video) -> "QuerySet[VideoFile]":
    """Select the renditions of a video's present cut."""
    return video.files.filter(cut=video.cut)


def captions_for(video: Video, files: Iterable[VideoFile]) -> list[Caption]:
    """Return the captions that go with renditions.

    What a machine heard is of the present cut, and waits until nothing else is offered.
    """
    is_present = all(file.cut == video.cut for file in files)
    return [each for each in video.captions.all() if is_present or not each.is_automatic]


def require_present(made_by: VideoJob) -> None:
    """Refuse what a job has made of an earlier cut; call it with the video's row locked.

    Raises: `Outdated`.
    """
    if not Video.objects.filter(pk=made_by.video_id, cut=made_by.cut).exists():
        raise Outdated
