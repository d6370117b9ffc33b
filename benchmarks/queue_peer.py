"""What `benchmarks.queue` measures, once as a job of the platform and once as a bare task."""

import time

import redis
from celery import current_app, shared_task
from django.conf import settings

from core.jobs import lifecycle
from core.jobs.kinds import kind_named
from core.jobs.models import Job

KEY = "bench:started"
PATIENCE_S = 60
_PARAMS = {"duration_s": 0, "stages": 1, "behaviour": "ok", "subprocess": False}


def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL)


@shared_task(name="bench.empty", acks_late=True)
def empty() -> None:
    """Say when it began."""
    started = time.time()
    _client().rpush(KEY, repr(started))


def task_latency_ms() -> float:
    """Return how long Celery alone takes from sending a task to its first line."""
    began = time.time()
    current_app.send_task("bench.empty", queue="default")
    said = _client().blpop(KEY, timeout=PATIENCE_S)
    return (float(said[1]) - began) * 1000


def job_latency_ms() -> float:
    """Return how long a job takes from before `enqueue` to the start of its attempt.

    Then it is waited for, so that the next one finds the worker idle.
    """
    began = time.time()
    job = lifecycle.enqueue(kind_named("core.selftest"), owner=None, params=_PARAMS)
    deadline = time.monotonic() + PATIENCE_S
    while not (done := Job.objects.get(pk=job.pk)).is_finished:
        if time.monotonic() > deadline:
            raise TimeoutError("the job was not done in time")
        time.sleep(0.005)  # the row alone says when it began
    return (done.started_at.timestamp() - began) * 1000
