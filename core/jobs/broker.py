"""Handing jobs to Celery. The broker only delivers: a lost message is sent again.

Messages hold the job's id and nothing else. A broker that is away fails nobody: who
sends is told so, and the upkeep sends again.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from celery import current_app
from celery.exceptions import OperationalError as CeleryOperationalError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.jobs import redis_transport

logger = logging.getLogger(__name__)
redis_transport.install()

BROKER_ERRORS = (OperationalError, CeleryOperationalError, RedisError, OSError)


def send(job_id: UUID, queue: str, *, delay_s: float = 0.0) -> bool:
    """Send one job's message; return whether the broker took it."""
    return send_many([(job_id, queue)], delay_s=delay_s) == 1


def send_many(jobs: Iterable[tuple[UUID, str]], *, delay_s: float = 0.0) -> int:
    """Send a message for each `(id, queue)` over one connection; return how many were taken."""
    sent = 0
    try:
        with current_app.producer_or_acquire() as producer:
            for job_id, queue in jobs:
                current_app.send_task(
                    "core.run_job",
                    args=[str(job_id)],
                    queue=queue,
                    countdown=delay_s or None,
                    producer=producer,
                    retry=False,
                )
                sent += 1
    except BROKER_ERRORS as error:
        logger.warning("jobs wait for the broker: %s", type(error).__name__)
    return sent


def send_task(name: str, *args: str, queue: str) -> bool:
    """Send the message of a task that is no job; return whether the broker took it.

    Whoever asks has another way to find what was not done: the message may be lost.
    """
    try:
        current_app.send_task(name, args=list(args), queue=queue, retry=False)
    except BROKER_ERRORS as error:
        logger.warning("%s waits for the broker: %s", name, type(error).__name__)
        return False
    return True


def depths(queues: Sequence[str]) -> dict[str, int]:
    """Return how many messages wait in each queue; one that a worker has counts no more.

    Raises: one of `BROKER_ERRORS` when the broker is away.
    """
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        channel: Any = connection.default_channel
        return {queue: channel.queue_declare(queue=queue).message_count for queue in queues}
