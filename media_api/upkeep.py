"""The cleaner: what has had its time goes, and what killed processes have left behind."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.jobs.models import FINISHED
from media_api import storage
from media_api.config.live import current
from media_api.models import MediaRequest
from media_api.selectors import requests
from media_api.services.changing import remove

T = TypeVar("T")

logger = logging.getLogger(__name__)

IDS_A_READ = 500


def clean() -> int:
    """Remove requests, inputs and strays whose time has come; return how many things.

    What cannot be removed is logged and met again by the next run; the rest goes on.
    """
    return _expired() + _inputs() + _strays()


def _expired() -> int:
    """Remove what has ended long enough ago, with its row."""
    before = timezone.now() - timedelta(seconds=current().cleanup.request_files_ttl)
    rows = requests().filter(job__status__in=FINISHED, job__finished_at__lte=before)
    removed = 0
    for pk in list(rows.values_list("pk", flat=True)):
        # Read anew: somebody may have tried it again, or deleted it.
        if (row := rows.filter(pk=pk).first()) is not None:
            removed += _tried(remove, row)
    return removed


def _inputs() -> int:
    """Remove inputs that are kept for a retry no longer.

    Those of requests that went well go with their end; a process killed there leaves one.
    """
    before = timezone.now() - timedelta(seconds=current().keep_failed_input_ttl)
    removed = 0
    for rows in _rows_of(storage.rids_with_input()):
        old = rows.filter(job__status__in=FINISHED, job__finished_at__lte=before)
        for row in list(old.only("id")):
            if old.filter(pk=row.pk).exists():  # Somebody may have tried it again since.
                removed += _tried(storage.remove_input, row.rid)
    return removed


def _strays() -> int:
    """Remove folders that no row stands for, an hour after anybody touched them."""
    strays = storage.rids_on_disk()
    for rows in _rows_of(strays):
        strays = strays - {row.rid for row in rows.only("id")}
    return sum(_tried(storage.remove_all, rid) for rid in strays)


def _rows_of(rids: Iterable[str]) -> Iterable[QuerySet[MediaRequest]]:
    ids = [UUID(rid) for rid in rids]
    for start in range(0, len(ids), IDS_A_READ):
        yield MediaRequest.objects.filter(pk__in=ids[start : start + IDS_A_READ])


def _tried(act: Callable[[T], None], what: T) -> int:
    """Act; 1 when it went well. One broken folder must not keep the others."""
    try:
        act(what)
    except Exception:
        logger.exception("%s could not be removed", what)
        return 0
    return 1
