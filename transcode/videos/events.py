"""What leaves for the sockets when a video changes: the one place that makes these events.

Every event goes to `group_for_videos_of(owner)` and `group_for_video(id)`; a socket joins
one of them. `Event.text` is the whole frame of section 6, `Event.data` has `video_id`,
`owner_id` and `revision`. Names: `video.progress` (merged to the newest), `video.changed`
and `video.deleted` (never dropped).
"""

import logging
from typing import Any
from uuid import UUID

import redis

from core.realtime.groups import group_for_video, group_for_videos_of
from core.realtime.publish import Event, connection, encode, publish
from transcode.models import Video
from transcode.videos.types import shown_progress, state_body, video_body

logger = logging.getLogger(__name__)
PROGRESS_EVERY_MS = 500


def publish_progress(video: Video) -> None:
    """Tell how far a video is, at most twice a second over all processes."""
    if _may_tell(video.pk):
        _publish(video, "video.progress", progress_frame(video), is_final=False)


def publish_changed(video_id: UUID) -> None:
    """Tell what a video is now: a new state, a new rendition, or it plays."""
    video = Video.objects.filter(pk=video_id).first()
    if video is not None:
        _publish(video, "video.changed", changed_frame(video), is_final=True)


def publish_deleted(video_id: UUID, owner_id: UUID, revision: int) -> None:
    """Tell that a video is gone."""
    gone = Video(pk=video_id, owner_id=owner_id, revision=revision)
    frame = {"type": "video.deleted", "uuid": str(video_id)}
    _publish(gone, "video.deleted", frame, is_final=True)


def progress_frame(video: Video) -> dict[str, Any]:
    """Make the frame of a video's progress."""
    return {
        "type": "video.progress",
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
    return {"type": "video.changed", "video": body, "revision": video.revision}


def _publish(video: Video, name: str, frame: dict[str, Any], *, is_final: bool) -> None:
    event = Event(
        name=name,
        text=encode(frame),
        topic=f"video:{video.pk}",
        is_final=is_final,
        data={
            "video_id": str(video.pk),
            "owner_id": str(video.owner_id),
            "revision": video.revision,
        },
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
