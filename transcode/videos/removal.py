"""The end of a video: its jobs, its rows and every file of it."""

from contextlib import suppress
from functools import partial

from django.db import transaction

from core.after_commit import after_commit
from core.jobs import lifecycle
from core.jobs.models import UNFINISHED
from core.tus import services as uploads
from transcode.models import Video, VideoJob
from transcode.videos import events, selectors, storage
from transcode.videos.errors import NotFound


def remove(video: Video) -> None:
    """Erase a video. Its jobs end, whoever holds them; calls about it find nothing.

    So does the upload that still brings it. Rows go first, in one transaction, and the files
    after it: should we die in between, the sweeps find folders that belong to no row.
    Raises: `NotFound` when it is gone already.
    """
    with transaction.atomic():
        address = selectors.api_address(video)
        uploads.drop_those_of(owner_id=video.owner_id, resource=address)
        # The jobs are locked before the video, as by everyone who holds both.
        cancel_all(video)
        row = Video.objects.select_for_update(no_key=True).filter(pk=video.pk).first()
        if row is None:
            raise NotFound
        cancel_all(row)  # What was laid out while we waited for the row.
        job_ids = list(VideoJob.objects.filter(video=row.pk).values_list("job", flat=True))
        row.delete()
        for job_id in job_ids:
            after_commit(storage.remove_staged, job_id)


def video_deleted(instance: Video, **_signal: object) -> None:
    """Let a deleted row's files follow it after the commit, and tell of it (`post_delete`)."""
    gone = partial(events.publish_deleted, instance.pk, instance.owner_id, instance.revision + 1)
    after_commit(storage.remove_video, instance.pk)
    transaction.on_commit(gone, robust=True)


def cancel_all(video: Video) -> None:
    """Cancel every unfinished job of a video, parents first."""
    rows = VideoJob.objects.filter(video=video.pk, job__status__in=UNFINISHED)
    for job_id in rows.order_by("job__created_at", "job").values_list("job", flat=True):
        with suppress(lifecycle.NotAllowed):
            lifecycle.cancel(job_id)
