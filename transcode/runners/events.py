"""`available-jobs`: the one event that runners hear. They never ask by themselves.

It is a hint: an event that cannot be sent is logged, and the beat task sends another. At
most one leaves a second, from all processes together; what comes meanwhile becomes one
more a moment later, so that the last change is always followed by an event. An event that is
due later holds none up that is due sooner.
"""

import logging
import time
from functools import cache
from math import ceil

import redis
import socketio
from celery import current_app
from django.conf import settings

from core.after_commit import after_commit
from core.jobs.broker import BROKER_ERRORS
from core.realtime.publish import connection

logger = logging.getLogger(__name__)

NAMESPACE = "/runners"
CHANNEL = "transcode-runners"
EVENT = "available-jobs"
ANNOUNCE = "transcode.announce_jobs"
EVERY_MS = 1000
_NOW, _LATER = "transcode:announced", "transcode:announce-later"
_AGAIN = "transcode:announce-again"


def jobs_available(*, delay_s: float = 0.0) -> None:
    """Tell the runners, after the commit, that there is something to do."""
    after_commit(announce, delay_s=delay_s)


def announce(*, delay_s: float = 0.0) -> None:
    """Emit now, or once a little later when one was emitted just now. Never raises."""
    try:
        if not delay_s and connection().set(_NOW, 1, nx=True, px=EVERY_MS):
            emit()
        else:
            _announce_later(max(1.0, delay_s))
    except (redis.RedisError, *BROKER_ERRORS) as error:
        logger.warning("runners were not told of a job: %s", type(error).__name__)


def jobs_available_again(delay_s: float) -> None:
    """Tell the runners once more after the commit and at least so many seconds."""
    after_commit(_announce_again, delay_s)


def _announce_again(delay_s: float) -> None:
    """Have one announced at a whole second, whatever is announced until then. Never raises."""
    due_at = ceil(time.time() + delay_s)
    wait_s = due_at - time.time()
    try:
        if connection().set(f"{_AGAIN}:{due_at}", 1, nx=True, px=ceil(wait_s * 1000)):
            _send_in(wait_s)
    except (redis.RedisError, *BROKER_ERRORS) as error:
        logger.warning("runners will not be told again: %s", type(error).__name__)


def is_one_due() -> bool:
    """Return whether an event is on its way already; False while Redis is away."""
    try:
        return bool(connection().exists(_LATER))
    except redis.RedisError:
        return False


def _announce_later(delay_s: float) -> None:
    delay_ms, redis_now = ceil(delay_s * 1000), connection()
    # Set before it is sent: it goes with the delay, so a change after that sends another.
    is_first = redis_now.set(_LATER, 1, nx=True, px=delay_ms)
    if is_first or redis_now.pexpire(_LATER, delay_ms, lt=True):
        _send_in(delay_s)


def _send_in(delay_s: float) -> None:
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
