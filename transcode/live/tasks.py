"""The Celery task of live streams."""

from celery import shared_task

from transcode.live import closing, sessions

TOO_LONG = "It has reached the longest time that a live stream may last."


@shared_task(name="transcode.watch_live", expires=15)
def watch_live() -> int:
    """End what lasts too long, close what is over, clear what is past; return how many."""
    overdue, past = sessions.overdue(), sessions.to_clear()
    for video_id in overdue:
        sessions.end(video_id, TOO_LONG)
    over = sessions.over()
    for video_id in over:
        closing.settle(video_id)
    for video_id in past:
        closing.clear(video_id)
    return len(overdue) + len(over) + len(past)
