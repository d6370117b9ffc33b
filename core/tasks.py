"""The Celery tasks of core, gathered where `autodiscover_tasks` looks for them."""

from core.jobs import tasks as jobs_tasks

__all__ = ["jobs_tasks"]
