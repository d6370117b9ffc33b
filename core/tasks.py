"""The Celery tasks of core, gathered where `autodiscover_tasks` looks for them."""

from core.accounts import tasks as accounts_tasks
from core.jobs import tasks as jobs_tasks
from core.tus import tasks as tus_tasks
from core.uploads import tasks as uploads_tasks

__all__ = ["accounts_tasks", "jobs_tasks", "tus_tasks", "uploads_tasks"]
