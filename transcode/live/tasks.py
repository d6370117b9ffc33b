"""The Celery task of live streams."""

from celery import shared_task

from transcode.live import closing, sessions

NOBODY_CAME = "Nobody has sent a stream for half an hour."
TOO_LONG = "It has reached the longest time that a live stream may last."


@shared_task(name="transcode.watch_live", expires=15)
def watch_live() -> int:
    """End what lasts too long or does not begin, close what is over, clear what is past.

    Returns how many.
    """
    ends = {
        **dict.fromkeys(sessions.unused(), NOBODY_CAME),
        **dict.fromkeys(sessions.overdue(), TOO_LONG),
    }
    past = sessions.to_clear()
    for video_id, reason in ends.items():
        sessions.end(video_id, reason)
    over = sessions.over()
    for video_id in over:
        closing.settle(video_id)
    for video_id in past:
        closing.clear(video_id)
    return len(ends) + len(over) + len(past)
