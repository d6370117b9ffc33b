"""How jobs are delivered. The database row is the truth; the broker only delivers."""

import os

from backend.settings import env
from backend.settings.channels import REDIS_URL

JOB_QUEUES = ("ffmpeg", "ocr", "speech", "io", "default")
MAINTENANCE_QUEUE = "maintenance"
WORKER_CONCURRENCY = env.integer("WORKER_CONCURRENCY", os.cpu_count() or 1, minimum=1)


def _broker(url: str) -> str:
    """Return kombu's spelling of a Redis address on a unix socket."""
    if not url.startswith("unix://"):
        return url
    path, _, query = url.removeprefix("unix://").partition("?")
    database = query.removeprefix("db=") or "0"
    return f"redis+socket://{path}?virtual_host={database}"


CELERY_BROKER_URL = _broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the longest limit of any job, or Redis would deliver a running job twice.
    "visibility_timeout": 24 * 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
    "health_check_interval": 10,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
# A request never waits for a broker that is down: the beat process sends again.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = WORKER_CONCURRENCY
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": every_s, "options": {"queue": MAINTENANCE_QUEUE}}
    for name, task, every_s in [
        ("jobs.reap", "core.reap_jobs", 5.0),
        ("jobs.resend", "core.resend_lost_jobs", 10.0),
        ("jobs.prune", "core.prune_jobs", 3600.0),
        ("accounts.forget", "core.forget_expired_logins", 3600.0),
        ("runners.watch", "transcode.watch_runners", 5.0),
        ("runners.remind", "transcode.remind_runners", 15.0),
        ("live.watch", "transcode.watch_live", 5.0),
        ("uploads.purge", "core.purge_deleted_uploads", 600.0),
        ("tus.sweep", "core.sweep_tus", 60.0),
        ("videos.settle", "transcode.settle_videos", 10.0),
        ("videos.purge", "transcode.purge_videos", 30.0),
        ("videos.sweep", "transcode.sweep_videos", 3600.0),
    ]
}
