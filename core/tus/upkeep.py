"""What the beat process does for resumable uploads: whole ones are finished, those left
alone end, and folders that no row stands for go.
"""

import logging
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.errors import JobError
from core.tus import finishing, parts, selectors, services
from core.tus.errors import Gone, Locked
from core.tus.models import UNFINISHED, Status, TusUpload

logger = logging.getLogger(__name__)

AT_ONCE = 500
# How long an expired upload is answered with 410 and not with 404.
REMEMBERED = timedelta(days=7)
# A folder is made shortly before its row.
STRAY_AFTER_S = 3600.0


def sweep() -> int:
    """Do all of it; return how many uploads expired."""
    finish_left_whole()
    expired = expire()
    forgotten = timezone.now() - REMEMBERED
    TusUpload.objects.filter(status=Status.EXPIRED, expires_at__lt=forgotten).delete()
    remove_strays()
    return expired


def finish_left_whole() -> None:
    """Finish what a dead process has left with all its bytes."""
    for upload in TusUpload.objects.filter(status__in=UNFINISHED).iterator():
        try:
            finishing.finish_if_whole(upload)
        except (Locked, Gone):
            continue  # Somebody is at it, or it lies on another machine.
        except JobError as error:
            logger.info("upload %s was not finished: %s", upload.pk, error.code)
        except Exception:
            logger.exception("upload %s was not finished", upload.pk)


def expire() -> int:
    """End the uploads that were left alone for too long; return how many."""
    overdue = _overdue().exclude(status=Status.EXPIRED).order_by("expires_at")[:AT_ONCE]
    return sum(_expire(upload) for upload in overdue)


def _overdue() -> QuerySet[TusUpload]:
    return TusUpload.objects.filter(expires_at__lte=timezone.now())


def _expire(upload: TusUpload) -> bool:
    try:
        if upload.status == Status.COMPLETE:
            services.forget(upload, expired=True)
            return True
        with parts.locked(upload.owner_id, upload.pk):
            return _expire_unfinished(upload)
    except Locked:
        return False  # It is not left alone.
    except Gone:
        return _expire_unfinished(upload)
    except Exception:
        logger.exception("upload %s did not expire", upload.pk)
        return False


def _expire_unfinished(upload: TusUpload) -> bool:
    """End it, unless somebody has taken it up since it was looked up."""
    is_still = _overdue().filter(pk=upload.pk).exists()
    return is_still and services.end(upload, expired=True)


def remove_strays() -> int:
    """Remove folders that no upload needs; return how many."""
    before = time.time() - STRAY_AFTER_S
    folders = {pair for pair, made_at in parts.folders() if made_at < before}
    strays = folders - set(selectors.with_files().values_list("owner_id", "pk"))
    for owner_id, upload_id in strays:
        parts.remove(owner_id, upload_id)
    return len(strays)


def remove_all_of(*, user_id: UUID, **_: Any) -> None:
    """Remove what an account that is gone has left here."""
    parts.remove_all_of(user_id)
