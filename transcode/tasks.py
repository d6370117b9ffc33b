"""The Celery tasks of the app, gathered where `autodiscover_tasks` looks for them."""

from transcode.live import tasks as live_tasks
from transcode.runners import tasks as runners_tasks
from transcode.videos import tasks as videos_tasks

__all__ = ["live_tasks", "runners_tasks", "videos_tasks"]
