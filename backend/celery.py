"""The Celery application: `celery -A backend worker`."""

import ctypes
import logging.config
import os
import signal

from celery import Celery, signals

from backend import heartbeat
from core import counts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
PR_SET_PDEATHSIG = 1

app = Celery("medialoom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
signals.celeryd_after_setup.connect(heartbeat.start)
# A worker's child may end with its task, by its size or by an order to stop.
signals.task_postrun.connect(counts.hand_over)


@signals.setup_logging.connect
def use_the_platforms_logging(**_: object) -> None:
    """Keep Celery from setting up a log format of its own."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@signals.worker_process_init.connect
@signals.beat_embedded_init.connect
def die_with_parent(**_: object) -> None:
    """Have the system end this process when the worker that forked it is killed (prctl(2)).

    Celery's own children would go on: one with a job that is taken up elsewhere, beat with
    a second clock beside the next one's.
    """
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent == 1 or os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
