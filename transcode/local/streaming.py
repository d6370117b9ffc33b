"""Whether to encode a video while it is still uploaded, and the beginning of that."""

import os
from collections import deque
from pathlib import Path
from threading import BoundedSemaphore
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.accounts.models import User
from core.errors import JobError
from core.jobs.models import UNFINISHED
from core.media.probe import MediaInfo
from core.tus.models import TusUpload
from transcode.kind import kind_for
from transcode.local.front import Front
from transcode.models import GROWING_INPUT, JobType, Video, VideoJob, VideoState
from transcode.videos import arriving, intake, storage

# A file that is here sooner is published faster from its whole, and one that takes longer
# would hold a worker up that has nothing to read.
LEAST_LEFT_S, MOST_LEFT_S = 8.0, 3600.0
MOST_PROBES = 2
_probing = BoundedSemaphore(MOST_PROBES)
# Uploads whose beginning could not be read, in this process: what is forgotten is asked again.
_hopeless: deque[UUID] = deque(maxlen=1000)


def begin_if_worth_it(upload: TusUpload, video: Video, path: Path, offset_bytes: int) -> None:
    """Queue the encode of a video whose file comes slowly and can be read from its front.

    Raises: `FieldErrors` when its beginning shows that the whole would be refused.
    """
    # Of an upload that stood still once, the whole is waited for.
    if video.state != VideoState.TO_IMPORT or video.round > 1 or not _may_here():
        return
    if not _is_worth_it(upload, offset_bytes) or not _has_worker(video):
        return
    info = _probed(upload, Front(path, offset_bytes, upload.length_bytes))
    if info is None or info.video is None:
        return
    intake.require_acceptable(info)
    with transaction.atomic():
        # Of two uploads of one owner that come this far together, the second finds the first.
        User.objects.select_for_update(no_key=True).filter(pk=video.owner_id).first()
        if _has_worker(video):
            private = {GROWING_INPUT: str(upload.pk)}
            arriving.begin_streaming(video=video, info=info, private=private)


def _probed(upload: TusUpload, front: Front) -> MediaInfo | None:
    """Look at a file's beginning: not at many at once, and at none again that takes too long."""
    if upload.pk in _hopeless or not _probing.acquire(blocking=False):
        return None
    try:
        return front.probe()
    except JobError:
        _hopeless.append(upload.pk)
        return None
    finally:
        _probing.release()


def _may_here() -> bool:
    """Whether local workers would take it at once: no runner can read what is not here yet."""
    mode = settings.TRANSCODE_LOCAL_WORKERS
    if mode == "off" or not storage.is_local() or settings.TRANSCODE_WEB_VIDEOS_ENABLED:
        return False
    return mode == "always" or not kind_for(JobType.HLS).is_runner_there()


def _is_worth_it(upload: TusUpload, offset_bytes: int) -> bool:
    passed_s = (timezone.now() - upload.created_at).total_seconds()
    if not offset_bytes or passed_s <= 0:
        return False
    left_s = (upload.length_bytes - offset_bytes) * passed_s / offset_bytes
    return LEAST_LEFT_S <= left_s <= MOST_LEFT_S


def _has_worker(video: Video) -> bool:
    """Whether others are left a worker: half of them may wait for uploads, one for each owner."""
    following = VideoJob.objects.filter(
        private_payload__has_key=GROWING_INPUT,
        video__source_name="",
        job__parent=None,
        job__status__in=UNFINISHED,
    )
    workers = settings.CELERY_WORKER_CONCURRENCY or os.cpu_count() or 1
    owners = list(following.values_list("video__owner", flat=True))
    return len(owners) < max(1, workers // 2) and video.owner_id not in owners
