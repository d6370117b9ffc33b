"""The Celery tasks of uploads."""

from celery import shared_task

from core.uploads import upkeep


@shared_task(name="core.purge_deleted_uploads", expires=600)
def purge_deleted_uploads() -> int:
    """Remove uploads deleted longer ago than the retention; return how many."""
    return upkeep.purge_deleted()
