"""What people do with live streams."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from core.accounts.models import User
from core.after_commit import after_commit
from transcode.live import addresses, closing, rtmp_server, sessions
from transcode.live.errors import LiveOff
from transcode.models import Video, VideoState
from transcode.videos import events
from transcode.videos.creating import draft
from transcode.videos.errors import WrongState


@dataclass(frozen=True)
class NewLive:
    """An announced stream: where to send it, and the key, shown this once."""

    video: Video
    rtmp_url: str
    stream_key: str


def create_live(
    *, owner: User, name: str, replay: bool = True, low_latency: bool = False, base_url: str = ""
) -> NewLive:
    """Announce a live stream. `base_url` is the platform's address as the request knew it.

    Raises: `LiveOff`, `LiveBusy`, `FieldErrors`.
    """
    require_live()
    video = draft(owner=owner, name=name)
    video.state, video.is_live = VideoState.WAITING_FOR_LIVE, True
    address = addresses.public_address(base_url)
    with transaction.atomic():
        video.save(force_insert=True)
        key = sessions.open_session(
            video, keeps_replay=replay, is_low_latency=low_latency, address=address
        )
        after_commit(events.publish_changed, video.pk)
    return NewLive(video, address, key)


def end_live(video: Video) -> None:
    """End a stream that is announced or on. Raises: `LiveOff`, `WrongState`."""
    require_live()
    if not sessions.end(video.pk):
        raise WrongState("This live stream is over.")
    closing.settle(video.pk)


def require_live() -> None:
    """Raise `LiveOff` where no stream can be taken."""
    if not is_live_on():
        raise LiveOff


def is_live_on() -> bool:
    """Return whether streams can be taken here: a port is set, and the RTMP server is there."""
    return bool(settings.TRANSCODE_LIVE_RTMP_PORT) and rtmp_server.installed() is not None
