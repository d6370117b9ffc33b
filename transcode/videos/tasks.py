"""The Celery tasks of videos."""

from celery import shared_task

from transcode.videos import upkeep


@shared_task(name="transcode.settle_videos", expires=30)
def settle_videos() -> int:
    """Do for videos what a dead process left undone; return for how many."""
    return upkeep.settle()


@shared_task(name="transcode.purge_videos", expires=60)
def purge_videos() -> int:
    """Remove files that are offered no more, and make pictures that are missing."""
    return upkeep.purge_discarded() + upkeep.add_pictures()


@shared_task(name="transcode.sweep_videos", expires=3600)
def sweep_videos() -> int:
    """Remove files that belong to nothing; return how many."""
    return upkeep.sweep()
