"""What the beat does about runners: those that vanished, those that hang, events that were lost.

A runner that falls silent loses its job by the kernel's lease. Here is what a lease does
not see: a heart that beats without progress, a socket that closed and did not come back.
"""

import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job
from core.jobs.selectors import claimable, running
from transcode.kind import runner_kinds
from transcode.models import JobType, Runner
from transcode.runners import events, presence

logger = logging.getLogger(__name__)

TIME_TO_RECONNECT = timedelta(seconds=15)
OVERLOOKED_AFTER = timedelta(seconds=15)
# Transcription never reports progress, and a live stream has none.
WITH_PROGRESS = (
    JobType.HLS,
    JobType.WEB_VIDEO,
    JobType.AUDIO_MERGE,
    JobType.STUDIO,
    JobType.STORYBOARD,
)


def watch() -> int:
    """Take jobs from runners that are gone or hang; return how many."""
    _note_lost_sockets()
    taken = [
        job for job in (*_of_the_vanished(), *_without_progress()) if lifecycle.reap_holder(job)
    ]
    for job in taken:
        logger.warning("job %s was taken from %s", job.pk, job.holder)
    return len(taken)


def remind() -> bool:
    """Tell the connected runners of a job that was overlooked; return whether there is one."""
    try:
        if not presence.connected():
            return False
    except redis.RedisError:
        return False
    before = timezone.now() - OVERLOOKED_AFTER
    waiting = Job.objects.filter(claimable(is_outside=True), kind__in=runner_kinds())
    is_overlooked = waiting.filter(updated_at__lt=before).exists()
    if is_overlooked:
        events.announce()
    return is_overlooked


def _note_lost_sockets() -> None:
    """Mark the runners whose web process died with their socket."""
    try:
        lost = presence.run_out()
    except redis.RedisError as error:
        logger.warning("runners' sockets could not be read: %s", type(error).__name__)
        return
    for runner_id, since in lost.items():
        Runner.objects.filter(pk=runner_id, disconnected_at=None).update(disconnected_at=since)


def _of_the_vanished() -> list[Job]:
    """Return the jobs of runners whose socket closed and who were not heard of since."""
    before = timezone.now() - TIME_TO_RECONNECT
    gone = Runner.objects.filter(disconnected_at__lte=before, jobs__job__in=_processing())
    holders = [runner.holder for runner in gone.distinct()]
    return list(_processing().filter(holder__in=holders))


def _without_progress() -> list[Job]:
    """Return the jobs whose runner beats its heart and gets nowhere."""
    before = timezone.now() - timedelta(seconds=settings.TRANSCODE_NO_PROGRESS_SECONDS)
    hanging = Q(video_job__type__in=WITH_PROGRESS, video_job__progressed_at__lt=before)
    return list(_processing().filter(hanging, started_at__lt=before))


def _processing() -> QuerySet[Job]:
    return Job.objects.filter(running(), is_finishing=False, holder__startswith="runner:")
