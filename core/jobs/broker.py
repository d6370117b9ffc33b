"""Handing jobs to Celery. The broker only delivers: a lost message is sent again.

Messages hold the job's id and nothing else.
"""

import logging
from uuid import UUID

from celery import current_app
from django.utils import timezone
from kombu.exceptions import OperationalError

from core.jobs.models import Job

logger = logging.getLogger(__name__)


def send(job_id: UUID, queue: str, *, delay_s: float = 0.0) -> bool:
    """Send one job's message; return whether the broker took it."""
    try:
        current_app.send_task(
            "core.run_job", args=[str(job_id)], queue=queue, countdown=delay_s or None, retry=False
        )
    except (OperationalError, OSError) as error:
        logger.warning("job %s waits for the broker: %s", job_id, type(error).__name__)
        return False
    Job.objects.filter(pk=job_id).update(sent_at=timezone.now())
    return True


def depths(queues: list[str]) -> dict[str, int]:
    """Return how many messages the broker holds for each queue, those being worked on too.

    Raises: `OperationalError` when the broker is away.
    """
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        channel = connection.default_channel
        waiting = {queue: int(channel._size(queue)) for queue in queues}
    return waiting
