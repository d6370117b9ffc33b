"""`available-jobs`: the one event that runners hear. They never ask by themselves.

It is a hint: an event that cannot be sent is logged, and the beat task sends another. At
most one leaves a second, from all processes together; what comes meanwhile becomes one
more a moment later, so that the last change is always followed by an event.
"""

import logging
from functools import cache, partial
from math import ceil

import redis
import socketio
from celery import current_app
from django.conf import settings
from django.db import transaction

from core.jobs.broker import BROKER_ERRORS
from core.realtime.publish import connection

logger = logging.getLogger(__name__)

NAMESPACE = "/runners"
CHANNEL = "transcode-runners"
EVENT = "available-jobs"
ANNOUNCE = "transcode.announce_jobs"
EVERY_MS = 1000
_NOW, _LATER = "transcode:announced", "transcode:announce-later"


def jobs_available(*, delay_s: float = 0.0) -> None:
    """Tell the runners, after the commit, that there is something to do."""
    transaction.on_commit(partial(announce, delay_s=delay_s), robust=True)


def announce(*, delay_s: float = 0.0) -> None:
    """Emit now, or once a little later when one was emitted just now. Never raises."""
    try:
        if not delay_s and connection().set(_NOW, 1, nx=True, px=EVERY_MS):
            emit()
        else:
            _announce_later(max(1.0, delay_s))
    except (redis.RedisError, *BROKER_ERRORS) as error:
        logger.warning("runners were not told of a job: %s", type(error).__name__)


def is_one_due() -> bool:
    """Return whether an event is on its way already; False while Redis is away."""
    try:
        return bool(connection().exists(_LATER))
    except redis.RedisError:
        return False


def _announce_later(delay_s: float) -> None:
    # Set before it is sent: it goes with the delay, so a change after that sends another.
    if connection().set(_LATER, 1, nx=True, px=ceil(delay_s * 1000)):
        current_app.send_task(
            ANNOUNCE, countdown=delay_s, queue=settings.MAINTENANCE_QUEUE, retry=False
        )


def emit() -> None:
    """Emit to every runner that is connected to any web process."""
    _manager().emit(EVENT, None, namespace=NAMESPACE)


@cache
def _manager() -> socketio.RedisManager:
    """Return this process' way to the web processes; redis-py makes it anew after a fork."""
    return socketio.RedisManager(
        settings.REDIS_URL,
        channel=CHANNEL,
        write_only=True,
        redis_options={"socket_timeout": 5, "socket_connect_timeout": 2},
    )
