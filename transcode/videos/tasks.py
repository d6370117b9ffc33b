"""The Celery tasks of videos."""

import logging

from celery import shared_task

from core.errors import JobError
from transcode.models import Video
from transcode.videos import pictures, upkeep

logger = logging.getLogger(__name__)


@shared_task(name=pictures.TASK)
def make_pictures(video_id: str) -> None:
    """Make the pictures of a video that has none; what cannot be done now is asked for again."""
    video = Video.objects.filter(pk=video_id).first()
    if video is None:
        return
    try:
        pictures.add(video)
    except (JobError, OSError) as error:
        logger.warning("no picture of video %s for now: %s", video_id, type(error).__name__)


@shared_task(name="transcode.settle_videos", expires=30)
def settle_videos() -> int:
    """Do for videos what a dead process left undone; return for how many."""
    return upkeep.settle()


@shared_task(name="transcode.purge_videos", expires=60)
def purge_videos() -> int:
    """Remove files that are offered no more, and ask for pictures that are missing."""
    return upkeep.purge_discarded() + upkeep.ask_for_pictures()


@shared_task(name="transcode.sweep_videos", expires=3600)
def sweep_videos() -> int:
    """Remove files that belong to nothing; return how many."""
    return upkeep.sweep()
