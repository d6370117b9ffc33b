"""The Celery tasks of the Media API."""

from celery import shared_task

from media_api.upkeep import clean


@shared_task(name="media_api.clean")
def clean_requests() -> int:
    """Remove what has had its time; every `cleanup.cleanup_interval` seconds."""
    return clean()
