"""Signs of life of the workers that run jobs, in one sorted set in Redis.

Each names itself and its queues every few seconds, at Redis' own time, so that clocks of
machines need not agree. `/readyz` reads them. The upkeep's worker runs no jobs and so
does not count.
"""

import logging
import time

from celery import signals
from celery.worker import WorkController
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

HEARD_FOR_S = 30
EVERY_S = 5.0
KEY = "medialoom:workers"


class Pulse:
    """Gives the signs of one worker."""

    def __init__(self, name: str, queues: list[str]) -> None:
        self.member = f"{name} {','.join(sorted(queues))}"
        self.next_at = 0.0

    def beat(self, **_: object) -> None:
        """Give a sign, unless one was given just now. Called for each Celery heartbeat."""
        from core.realtime.publish import connection

        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + EVERY_S
        try:
            now_s, _us = connection().time()
            with connection().pipeline() as pipeline:
                pipeline.zadd(KEY, {self.member: now_s})
                pipeline.zremrangebyscore(KEY, "-inf", now_s - HEARD_FOR_S)
                pipeline.execute()
        except RedisError as error:
            logger.warning("no sign of life was given: %s", type(error).__name__)

    def stop(self, **_: object) -> None:
        """Take the sign back: the worker ends in order."""
        from core.realtime.publish import connection

        try:
            connection().zrem(KEY, self.member)
        except RedisError:
            logger.info("the sign of life will run out by itself")


def start(sender: str, instance: WorkController, **_: object) -> None:
    """Give signs of life if this worker takes jobs. Receives `celeryd_after_setup`."""
    from django.conf import settings

    queues = [name for name in instance.app.amqp.queues.consume_from if name in settings.JOB_QUEUES]
    if queues:
        pulse = Pulse(sender, queues)
        signals.heartbeat_sent.connect(pulse.beat, weak=False)
        signals.worker_shutting_down.connect(pulse.stop, weak=False)


def queues_served() -> set[str]:
    """Return the queues of the workers heard from in the last 30 s. Raises: `RedisError`."""
    from core.realtime.publish import connection

    now_s, _us = connection().time()
    members = connection().zrangebyscore(KEY, now_s - HEARD_FOR_S, "+inf")
    return {name for member in members for name in member.decode().split(" ")[1].split(",")}
