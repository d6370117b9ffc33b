"""The Celery task of resumable uploads."""

from celery import shared_task

from core.tus import upkeep


@shared_task(name="core.sweep_tus", expires=600)
def sweep_tus() -> int:
    """Finish, expire and sweep; return how many uploads expired."""
    return upkeep.sweep()
