"""A stream has come: it is looked at, and its job is laid out (contract, 4.3)."""

import logging
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.errors import InvalidInput, JobError
from core.jobs import lifecycle
from core.media.probe import MediaInfo
from transcode.engines import ladder
from transcode.engines.live_command import MOST_RENDITIONS
from transcode.kind import kind_for
from transcode.live import reading, sessions
from transcode.models import JobType, LiveSession, Video, VideoJob
from transcode.runners.events import jobs_available
from transcode.videos import events
from transcode.videos.intake import MAX_SIDE
from transcode.videos.planning import LadderSettings

logger = logging.getLogger(__name__)
PRIORITY = 10
SEGMENT_S, LOW_LATENCY_SEGMENT_S = 4, 2
LIST_SIZE = 15


def start(video_id: UUID) -> bool:
    """Look at a stream that has come and queue its job; False when there is nothing to queue.

    A stream that cannot be read yet is looked at again by whoever calls next; one that no
    rendition can be made of is ended.
    """
    key = sessions.new_reader(video_id)
    if key is None:
        return False
    try:
        info = reading.look_at(key)
        wanted = renditions(info)
    except InvalidInput as error:
        # What it is will not change; what could not be read may be readable in a moment.
        if error.code in ("no_streams", "picture_too_large", "invalid_frame_rate"):
            sessions.end(video_id, str(error))
        return False
    except JobError as error:
        logger.warning("the live stream of video %s cannot be read: %s", video_id, error.code)
        return False
    return _begin(video_id, key, info, wanted)


def renditions(info: MediaInfo) -> list[dict[str, int]]:
    """Return what is to be made of a stream, highest first. Raises: `InvalidInput`."""
    if info.video is None:
        raise InvalidInput("The live stream has no picture.", code="no_streams")
    width, height = ladder.display_size(info.video)
    if max(width, height) > MAX_SIDE:
        raise InvalidInput("The live stream's picture is too large.", code="picture_too_large")
    settings = LadderSettings.current()
    sizes = ladder.resolutions(
        settings.resolutions, width, height, always_original=settings.always_original
    )
    fps, top = ladder.input_fps(info), max(sizes)
    return [
        {
            "resolution": size,
            "fps": ladder.frame_rate(fps, size, is_top=size == top, fps_max=settings.fps_max),
        }
        for size in sorted(sizes, reverse=True)[:MOST_RENDITIONS]
    ]


@transaction.atomic
def _begin(video_id: UUID, key: str, info: MediaInfo, wanted: list[dict[str, int]]) -> bool:
    """Write the job and what the stream is, unless it was done or ended meanwhile."""
    video = Video.objects.select_for_update(no_key=True).filter(pk=video_id).first()
    waiting = LiveSession.objects.filter(pk=video_id, started_at=None, ended_at=None)
    session = waiting.first()
    if video is None or session is None or not waiting.update(started_at=timezone.now()):
        return False
    width, height = ladder.display_size(info.video) if info.video else (None, None)
    Video.objects.filter(pk=video_id).update(
        has_video=True,
        has_audio=info.audio is not None,
        width=width,
        height=height,
        fps=info.video.fps if info.video else None,
        revision=F("revision") + 1,
        updated_at=timezone.now(),
    )
    job = lifecycle.enqueue(
        kind_for(JobType.LIVE), owner=video.owner, params={"video": str(video_id)}
    )
    VideoJob.objects.create(
        job=job,
        video=video,
        type=JobType.LIVE,
        resolution=wanted[0]["resolution"],
        fps=wanted[0]["fps"],
        round=video.round,
        priority=PRIORITY,
        payload=_payload(session, key, wanted),
        private_payload={
            "masterPlaylistName": "master.m3u8",
            "outputDirectory": f"hls/{video_id}",
            "sessionId": str(video_id),
            "videoUUID": str(video_id),
        },
    )
    transaction.on_commit(partial(events.publish_changed, video_id), robust=True)
    jobs_available()
    return True


def _payload(session: LiveSession, key: str, wanted: list[dict[str, int]]) -> dict[str, Any]:
    return {
        "input": {"rtmpUrl": f"{session.address}/{key}"},
        "output": {
            "toTranscode": wanted,
            "segmentDuration": LOW_LATENCY_SEGMENT_S if session.is_low_latency else SEGMENT_S,
            "segmentListSize": LIST_SIZE,
        },
    }
