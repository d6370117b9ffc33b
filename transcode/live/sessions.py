"""The rows of live streams: who may send and read now, and what time has come for whom.

Every change is one conditional UPDATE. Whoever locks a video and its session locks the
video first.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.jobs.models import UNFINISHED
from transcode.live.errors import LiveBusy
from transcode.models import JobType, LiveSession, Video, VideoJob
from transcode.runners.tokens import hash_of

# Readers of a stream that was ended hear of it by its sender's end; they get so long.
TIME_TO_DRAIN = timedelta(seconds=10)
# A session whose sender has not come by then leaves its place to others.
COMES_WITHIN = timedelta(minutes=30)


def new_key() -> str:
    """Make a key: 256 random bits, good in an address."""
    return secrets.token_urlsafe(32)


# ---- coming and going


def open_session(video: Video, *, keeps_replay: bool, is_low_latency: bool, address: str) -> str:
    """Write a video's session, in the video's transaction; return its key, shown this once.

    Raises: `LiveBusy` when every slot is taken.
    """
    key = new_key()
    for slot in range(settings.TRANSCODE_LIVE_MAX_SESSIONS):
        try:
            with transaction.atomic():
                LiveSession.objects.create(
                    video=video,
                    slot=slot,
                    publisher_hash=hash_of(key),
                    keeps_replay=keeps_replay,
                    is_low_latency=is_low_latency,
                    address=address,
                )
        except IntegrityError:
            continue  # Somebody else has it.
        return key
    raise LiveBusy


def end(video_id: UUID, reason: str = "") -> bool:
    """Take nothing more of a stream; False when it has ended before."""
    still = LiveSession.objects.filter(pk=video_id, ended_at=None)
    return bool(still.update(ended_at=timezone.now(), slot=None, reason=reason))


def is_open(video_id: UUID) -> bool:
    """Return whether a stream's chunks are still taken."""
    return LiveSession.objects.filter(pk=video_id, ended_at=None).exists()


# ---- what the ingest asks


def may_publish(key: str, connection: str) -> UUID | None:
    """Let a connection send; None for a wrong key, a second sender, a stream that was there.

    Each session carries one stream: what comes after it has no reader any more.
    """
    mine = LiveSession.objects.filter(publisher_hash=hash_of(key), ended_at=None)
    free = mine.filter(publisher="", started_at=None)
    return mine.values_list("pk", flat=True).first() if free.update(publisher=connection) else None


def may_play(key: str) -> UUID | None:
    """Return whose stream a key reads; None unless it is there."""
    there = LiveSession.objects.filter(reader_hash=hash_of(key), ended_at=None)
    return there.exclude(publisher="").values_list("pk", flat=True).first()


def may_go_on(key: str) -> bool:
    """Return whether a connection that was let in may stay."""
    hashed, lately = hash_of(key), timezone.now() - TIME_TO_DRAIN
    sends = Q(publisher_hash=hashed, ended_at=None)
    reads = Q(reader_hash=hashed) & (Q(ended_at=None) | Q(ended_at__gt=lately))
    return LiveSession.objects.filter(sends | reads).exists()


def has_left(key: str, connection: str) -> None:
    """Note that a sender is gone."""
    mine = LiveSession.objects.filter(publisher_hash=hash_of(key), publisher=connection)
    mine.update(publisher="")


def nobody_publishes() -> None:
    """Note that the ingest has begun anew: whoever sent before has to come again."""
    LiveSession.objects.exclude(publisher="").update(publisher="")


def is_ingest_wanted() -> bool:
    """Return whether some session is not over."""
    return LiveSession.objects.filter(closed_at=None).exists()


def to_start() -> list[UUID]:
    """Return the sessions whose sender has come and whose job is not laid out."""
    waiting = LiveSession.objects.filter(started_at=None, ended_at=None).exclude(publisher="")
    return list(waiting.values_list("pk", flat=True))


def new_reader(video_id: UUID) -> str | None:
    """Make the key that reads a stream; the one before is void. None when it was begun or ended."""
    key = new_key()
    waiting = LiveSession.objects.filter(pk=video_id, started_at=None, ended_at=None)
    return key if waiting.update(reader_hash=hash_of(key)) else None


# ---- what the upkeep asks


def unused() -> list[UUID]:
    """Return the sessions that hold a place and whose sender does not come."""
    before = timezone.now() - COMES_WITHIN
    waiting = LiveSession.objects.filter(ended_at=None, started_at=None, publisher="")
    return list(waiting.filter(created_at__lt=before).values_list("pk", flat=True))


def overdue() -> list[UUID]:
    """Return the sessions that are open for longer than a stream may last."""
    before = timezone.now() - timedelta(seconds=settings.TRANSCODE_LIVE_MAX_DURATION)
    open_ones = LiveSession.objects.filter(ended_at=None)
    since = open_ones.annotate(since=Coalesce("started_at", "created_at"))
    return list(since.filter(since__lt=before).values_list("pk", flat=True))


def over() -> list[UUID]:
    """Return the sessions that are not closed, and to which nothing more will come.

    Whoever ends a job closes its stream; should that fail, its sender may send on for hours.
    """
    # A session is started and its job queued in one transaction.
    at_work = Exists(unfinished_jobs_of(OuterRef("pk")))
    gone = Q(started_at__isnull=False) & (Q(publisher="") | ~at_work)
    left = LiveSession.objects.filter(Q(ended_at__isnull=False) | gone, closed_at=None)
    return list(left.values_list("pk", flat=True))


def to_clear() -> list[UUID]:
    """Return the sessions whose files nobody needs any more."""
    due = LiveSession.objects.filter(files_due_at__lt=timezone.now())
    return list(due.values_list("pk", flat=True))


def jobs_of(video_id: UUID | OuterRef) -> QuerySet[VideoJob]:
    """Select the job of a live stream, if it has one."""
    return VideoJob.objects.filter(video=video_id, type=JobType.LIVE).select_related("job")


def unfinished_jobs_of(video_id: UUID | OuterRef) -> QuerySet[VideoJob]:
    """Select it while it is not over."""
    return jobs_of(video_id).filter(job__status__in=UNFINISHED)
