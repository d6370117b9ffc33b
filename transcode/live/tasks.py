"""The Celery task of live streams."""

import logging
from collections.abc import Callable
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError

from core.errors import JobError
from transcode.live import closing, sessions

logger = logging.getLogger(__name__)
NOBODY_CAME = "Nobody has sent a stream for half an hour."
TOO_LONG = "It has reached the longest time that a live stream may last."


@shared_task(name="transcode.watch_live", expires=15)
def watch_live() -> int:
    """Clear what is past, end what lasts too long or does not begin, close what is over.

    What frees the disk comes first: the rest may need it. Returns how many.
    """
    cleared = sum(_done(closing.clear, video_id) for video_id in sessions.to_clear())
    ends = {
        **dict.fromkeys(sessions.unused(), NOBODY_CAME),
        **dict.fromkeys(sessions.overdue(), TOO_LONG),
    }
    for video_id, reason in ends.items():
        sessions.end(video_id, reason)
    settled = sum(_done(closing.settle, video_id) for video_id in sessions.over())
    return cleared + len(ends) + settled


def _done(step: Callable[[UUID], None], video_id: UUID) -> int:
    """Take one step for one stream; that it cannot be taken keeps no other from theirs."""
    try:
        step(video_id)
    except (JobError, OSError, DatabaseError) as error:
        what = f"{step.__name__} live stream {video_id}"
        logger.warning("the upkeep cannot %s: %s", what, type(error).__name__)
        return 0
    return 1
