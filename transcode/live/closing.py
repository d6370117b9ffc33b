"""The end of a live stream: complete playlists, then a replay or nothing (contract, 4.3).

Each step bears being called again, and the upkeep calls all of them: whoever dies in
between leaves nothing undone for longer than some seconds.
"""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.after_commit import after_commit
from core.jobs import lifecycle
from core.jobs.models import Job, Status
from transcode.engines.live_window import LiveFolder
from transcode.kind import kind_for
from transcode.live import files, sessions
from transcode.models import JobType, LiveSession, Video, VideoJob, VideoState
from transcode.videos import events, publication

REPLAY_PRIORITY = 100
# Players that are open play what they have listed to its end.
KEPT_FOR_PLAYERS = publication.KEPT_FOR_PLAYERS * 2


def settle(video_id: UUID) -> None:
    """Close a stream to which nothing more comes, unless its job is still at work."""
    for video_job in sessions.unfinished_jobs_of(video_id):
        # What nobody has begun has nothing to read any more.
        with suppress(lifecycle.NotAllowed):
            lifecycle.cancel(video_job.pk, unless=Q(status=Status.RUNNING))
    if not sessions.unfinished_jobs_of(video_id).exists():
        close(video_id)


def complete_playlists(video_id: UUID) -> None:
    """End every playlist of a stream, without chunks that never came."""
    folder = files.folder_of(video_id)
    if folder.is_dir():
        LiveFolder(folder).finish()


def close(video_id: UUID) -> None:
    """Say what comes of a stream whose job is over: a replay, or its end."""
    complete_playlists(video_id)
    with transaction.atomic():
        video = Video.objects.select_for_update(no_key=True).filter(pk=video_id).first()
        session = LiveSession.objects.filter(pk=video_id, closed_at=None).first()
        if video is None or session is None or not _close_row(session):
            return
        reason = session.reason or _reason_of_job(video_id)
        if session.keeps_replay and files.has_chunks(video_id):
            _begin_replay(video, reason)
        else:
            _leave(video, reason)
        after_commit(events.publish_changed, video_id)


def _close_row(session: LiveSession) -> bool:
    now = timezone.now()
    still = LiveSession.objects.filter(pk=session.pk, closed_at=None)
    ended_at = Coalesce("ended_at", now)
    return bool(still.update(closed_at=now, ended_at=ended_at, slot=None, publisher=""))


def _reason_of_job(video_id: UUID) -> str:
    failed = sessions.jobs_of(video_id).filter(job__status=Status.FAILED)
    return failed.values_list("job__error_message", flat=True).first() or ""


def _leave(video: Video, reason: str) -> None:
    """Offer nothing any more; what players have open stays for a while."""
    _write(
        video,
        state=VideoState.LIVE_ENDED,
        is_playable=False,
        master_name="",
        hashes_name="",
        error=reason,
    )
    due_at = timezone.now() + KEPT_FOR_PLAYERS
    LiveSession.objects.filter(pk=video.pk).update(files_due_at=due_at)


def _begin_replay(video: Video, reason: str) -> None:
    """Queue the replay as a round of its own; the stream's last minute plays meanwhile."""
    broke_off = [f"The live stream broke off: {reason}"] if reason else []
    _write(
        video,
        state=VideoState.TO_TRANSCODE,
        is_live=False,
        progress=0.0,
        round=video.round + 1,
        warnings=[*video.warnings, *broke_off],
    )
    job = lifecycle.enqueue(
        kind_for(JobType.REPLAY), owner=video.owner, params={"video": str(video.pk)}
    )
    VideoJob.objects.create(
        job=job,
        video=video,
        type=JobType.REPLAY,
        round=video.round + 1,
        priority=REPLAY_PRIORITY,
        private_payload={"videoUUID": str(video.pk)},
    )


def replayed(video_id: UUID) -> None:
    """Let the chunks go once the replay plays; in the transaction that says so."""
    due_at = timezone.now() + KEPT_FOR_PLAYERS
    LiveSession.objects.filter(pk=video_id).update(files_due_at=due_at)


def job_is_over(job: Job) -> None:
    """Close the stream after the commit that ends its job, however that ended."""
    after_commit(close, UUID(job.params["video"]))


def clear(video_id: UUID) -> None:
    """Remove the files of a stream, then its row."""
    files.remove(video_id)
    LiveSession.objects.filter(pk=video_id).delete()


def _write(video: Video, **columns: Any) -> None:
    rows = Video.objects.filter(pk=video.pk)
    rows.update(revision=F("revision") + 1, updated_at=timezone.now(), **columns)
