"""What leaves for the sockets when a video changes: the one place that makes these events.

Every event goes to `group_for_videos_of(owner)` and `group_for_video(id)`; a socket joins
one of them. `Event.text` is the whole frame of section 6, `Event.data` is what `data_of`
makes. `PROGRESS` is merged to the newest, `CHANGED` and `DELETED` are never dropped.
"""

import logging
from hashlib import sha256
from typing import Any
from uuid import UUID

import redis

from core.realtime.groups import group_for_video, group_for_videos_of
from core.realtime.publish import Event, connection, encode, publish
from transcode.models import Video
from transcode.videos.types import shown_progress, state_body, video_body

logger = logging.getLogger(__name__)
PROGRESS_EVERY_MS = 500
PROGRESS, CHANGED, DELETED = "video.progress", "video.changed", "video.deleted"


def publish_progress(video: Video) -> None:
    """Tell how far a video is, at most twice a second over all processes."""
    if _may_tell(video.pk):
        _publish(video, PROGRESS, progress_frame(video), is_final=False)


def publish_changed(video_id: UUID) -> None:
    """Tell what a video is now: a new state, a new rendition, or it plays."""
    video = Video.objects.filter(pk=video_id).first()
    if video is not None:
        _publish(video, CHANGED, changed_frame(video), is_final=True)


def publish_deleted(video_id: UUID, owner_id: UUID, revision: int) -> None:
    """Tell that a video is gone."""
    gone = Video(pk=video_id, owner_id=owner_id, revision=revision)
    _publish(gone, DELETED, deleted_frame(video_id), is_final=True)


def progress_frame(video: Video) -> dict[str, Any]:
    """Make the frame of a video's progress."""
    return {
        "type": PROGRESS,
        "uuid": str(video.pk),
        "state": state_body(video),
        "progress": shown_progress(video),
        "playable": video.is_playable,
        "revision": video.revision,
    }


def changed_frame(video: Video) -> dict[str, Any]:
    """Make the frame of a video's present state."""
    from transcode.api.playing import play_url

    body = video_body(video, play_url=play_url)
    return {"type": CHANGED, "video": body, "revision": video.revision}


def deleted_frame(video_id: UUID | str) -> dict[str, Any]:
    """Make the last frame of a video."""
    return {"type": DELETED, "uuid": str(video_id)}


def data_of(video: Video) -> dict[str, Any]:
    """Say which state of which video an event is about, for the sockets' sake.

    Two rows of one `shape` differ in their progress only.
    """
    told = (
        *(video.state, video.is_playable, video.master_name, video.mastered_revision),
        *(video.error, video.warnings, video.name, video.language, video.thumbnail_name),
        *(video.storyboard, video.growing),
    )
    return {
        "video_id": str(video.pk),
        "owner_id": str(video.owner_id),
        "revision": video.revision,
        "state": int(video.state),
        "shape": sha256(repr(told).encode(errors="replace")).hexdigest()[:16],
    }


def _publish(video: Video, name: str, frame: dict[str, Any], *, is_final: bool) -> None:
    event = Event(
        name=name,
        text=encode(frame),
        topic=f"video:{video.pk}",
        is_final=is_final,
        data=data_of(video),
    )
    publish([group_for_videos_of(video.owner_id), group_for_video(video.pk)], event)


def _may_tell(video_id: UUID) -> bool:
    """Take the place of this half second; False where another process has it."""
    try:
        key = f"videos.told:{video_id}"
        return bool(connection().set(key, "1", nx=True, px=PROGRESS_EVERY_MS))
    except redis.RedisError as error:
        logger.warning("progress of a video was not sent: %s", type(error).__name__)
        return False
