"""A stream has come: it is looked at, and its job is laid out (contract, 4.3)."""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.after_commit import after_commit
from core.errors import InvalidInput, JobError
from core.jobs import lifecycle
from core.media.probe import MediaInfo
from transcode.engines import ladder
from transcode.engines.live_command import MOST_RENDITIONS
from transcode.engines.live_playlists import MASTER_NAME
from transcode.kind import kind_for
from transcode.live import addresses, reading, sessions
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
        seen = Seen.of(reading.look_at(addresses.own_address(key)))
        wanted = renditions(seen)
    except InvalidInput as error:
        # What it is will not change; what could not be read may be readable in a moment.
        if error.code in ("no_streams", "picture_too_large", "invalid_frame_rate"):
            sessions.end(video_id, str(error))
        return False
    except JobError as error:
        logger.warning("the live stream of video %s cannot be read: %s", video_id, error.code)
        return False
    return begin(video_id, key, seen, wanted)


@dataclass(frozen=True)
class Seen:
    """What a stream is: pixels as they are shown, frames a second."""

    width: int
    height: int
    fps: float
    has_audio: bool

    @classmethod
    def of(cls, info: MediaInfo) -> "Seen":
        """Read it off a probe. Raises: `InvalidInput` for what nothing can be made of."""
        if info.video is None:
            raise InvalidInput("The live stream has no picture.", code="no_streams")
        width, height = ladder.display_size(info.video)
        if max(width, height) > MAX_SIDE:
            raise InvalidInput("The live stream's picture is too large.", code="picture_too_large")
        return cls(width, height, float(ladder.input_fps(info)), info.audio is not None)


def renditions(seen: Seen) -> list[dict[str, int]]:
    """Return what is to be made of a stream, highest first."""
    settings = LadderSettings.current()
    sizes = ladder.resolutions(
        settings.resolutions, seen.width, seen.height, always_original=settings.always_original
    )
    return [
        {
            "resolution": size,
            "fps": ladder.frame_rate(
                seen.fps, size, is_top=size == max(sizes), fps_max=settings.fps_max
            ),
        }
        for size in sorted(sizes, reverse=True)[:MOST_RENDITIONS]
    ]


@transaction.atomic
def begin(video_id: UUID, key: str, seen: Seen, wanted: list[dict[str, int]]) -> bool:
    """Write what the stream is, and its job; False when that was done, or it ended meanwhile."""
    video = Video.objects.select_for_update(no_key=True).filter(pk=video_id).first()
    waiting = LiveSession.objects.filter(pk=video_id, started_at=None, ended_at=None)
    session = waiting.first()
    if video is None or session is None or not waiting.update(started_at=timezone.now()):
        return False
    Video.objects.filter(pk=video_id).update(
        has_video=True,
        has_audio=seen.has_audio,
        width=seen.width,
        height=seen.height,
        fps=seen.fps,
        revision=F("revision") + 1,
        updated_at=timezone.now(),
    )
    _lay_out(video, _payload(session, key, wanted))
    after_commit(events.publish_changed, video_id)
    return True


def _lay_out(video: Video, payload: dict[str, Any]) -> None:
    kind = kind_for(JobType.LIVE)
    job = lifecycle.enqueue(kind, owner=video.owner, params={"video": str(video.pk)})
    top = payload["output"]["toTranscode"][0]
    VideoJob.objects.create(
        job=job,
        video=video,
        type=JobType.LIVE,
        resolution=top["resolution"],
        fps=top["fps"],
        round=video.round,
        priority=PRIORITY,
        payload=payload,
        private_payload={
            "masterPlaylistName": MASTER_NAME,
            "outputDirectory": f"hls/{video.pk}",
            "sessionId": str(video.pk),
            "videoUUID": str(video.pk),
        },
    )
    jobs_available()


def _payload(session: LiveSession, key: str, wanted: list[dict[str, int]]) -> dict[str, Any]:
    return {
        "input": {"rtmpUrl": f"{session.address}/{key}"},
        "output": {
            "toTranscode": wanted,
            "segmentDuration": LOW_LATENCY_SEGMENT_S if session.is_low_latency else SEGMENT_S,
            "segmentListSize": LIST_SIZE,
        },
    }
