"""The sockets of videos (transcode contract, 6): a snapshot, then what happens.

`video.changed` says everything, `video.progress` how far a video is; both bear the row's
`revision`, which never falls on one socket. What came out of order, or may be lost, is read
from the row again.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.realtime import close_codes
from core.realtime.asgi import Receive, Scope, Send
from core.realtime.consumer import AuthenticatedConsumer
from core.realtime.errors import Refused
from core.realtime.groups import group_for_video, group_for_videos_of
from core.realtime.loops import in_thread, per_loop
from core.realtime.publish import Event, encode
from core.realtime.sweep import Sweep
from transcode.api.listing import shown
from transcode.api.playing import play_url
from transcode.models import Video
from transcode.videos import events, selectors
from transcode.videos.errors import NotFound
from transcode.videos.types import video_body

# The oldest unfinished ones: those that are worked on. Others are told as they change.
SNAPSHOT_MAX = 500
MAX_PLACES = 10_000
# How long before a sweep a video may have been made whose first event was lost.
NEW_VIDEOS_SINCE = timedelta(seconds=60)
# A row that was read again: `text` is its change, `data["progress"]` the frame of its progress.
READ = "video.read"


@dataclass
class Place:
    """What a client knows of one video: the newest revision, and which shape it was shown."""

    told: int = -1
    shown: int = -1
    shape: str = ""
    is_gone: bool = False


class Places:
    """The places of up to 10,000 videos, those last heard of."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, Place] = OrderedDict()

    def of(self, video_id: str) -> Place:
        """Return the place of a video, a new one at first."""
        place = self._places.setdefault(video_id, Place())
        self._places.move_to_end(video_id)
        if len(self._places) > MAX_PLACES:
            self._places.popitem(last=False)
        return place


class _VideoFrames(AuthenticatedConsumer):
    """What both sockets do with events."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._places = Places()

    async def show_first(self, videos: QuerySet[Video]) -> None:
        """Accept with the snapshot."""
        first = await in_thread(_bodies, videos)
        await self.accept_with(first.frame)
        for data in first.data:
            self._note(data["video_id"], data["revision"], data["shape"], data["state"])

    def on_event(self, event: Event) -> None:
        """Send what is news to this client."""
        video_id, revision = event.data["video_id"], event.data["revision"]
        place = self._places.of(video_id)
        if event.name == events.DELETED:
            self._say_gone(place, event)
        elif place.is_gone:
            return
        elif event.name == events.PROGRESS:
            self._progress(place, revision, event)
        elif event.name == READ and event.data["shape"] == place.shape:
            read = Event(events.PROGRESS, event.data["progress"], event.topic)
            self._progress(place, revision, read)
        elif revision < place.told:
            self._read_again(video_id, event)
        elif revision > place.shown:
            self._note(video_id, revision, event.data["shape"], event.data["state"])
            self.send_event(event)

    def _read_again(self, video_id: str, event: Event) -> None:
        """Have a change that progress has overtaken told by its row, which is newer still."""
        if event.name == events.CHANGED:
            self.watch(video_id)
            video_sweep().hurry()

    def _progress(self, place: Place, revision: int, event: Event) -> None:
        if revision > place.told:
            place.told = revision
            self.send_event(event)

    def _say_gone(self, place: Place, event: Event) -> None:
        video_sweep().unwatch(event.data["video_id"], self)
        if not place.is_gone:
            place.is_gone = True
            self.send_event(event)

    def _note(self, video_id: str, revision: int, shape: str, state: int) -> None:
        """Remember what is shown; have the row read now and then while more will come of it."""
        place = self._places.of(video_id)
        place.told = place.shown = revision
        place.shape = shape
        if state in selectors.SETTLED:
            self.settled(video_id)
        else:
            self.watch(video_id)

    def watch(self, video_id: str) -> None:
        """Have a video's row read every few seconds."""
        video_sweep().watch(video_id, self)

    def settled(self, video_id: str) -> None:
        """Nothing more will come of a video's jobs."""
        video_sweep().unwatch(video_id, self)

    def on_resync(self) -> None:
        """Redis was away: read what is watched."""
        video_sweep().hurry()
        owner_sweep().hurry()

    def on_end(self) -> None:
        """Watch nothing any more."""
        video_sweep().forget(self)
        owner_sweep().forget(self)


class VideosConsumer(_VideoFrames):
    """All videos of the user: first the unfinished ones, then what happens."""

    async def subscribe(self) -> None:
        """Hear of all, and send the snapshot."""
        await self.join(group_for_videos_of(self.user.pk))
        owner_sweep().watch(self.user.pk, self)
        await self.show_first(selectors.unfinished_videos_of(self.user)[:SNAPSHOT_MAX])


class VideoConsumer(_VideoFrames):
    """One video, for its owner and for staff. 4404: not theirs, or no such video."""

    async def subscribe(self) -> None:
        """Hear of that video, and send it as it is."""
        video_id = self.scope["url_route"]["kwargs"]["video_id"]
        await self.join(group_for_video(video_id))
        try:
            await in_thread(selectors.video_of, self.user, video_id)
        except NotFound as error:
            raise Refused(close_codes.NOT_FOUND) from error
        await self.show_first(Video.objects.filter(pk=video_id))

    def settled(self, video_id: str) -> None:
        """Go on: who looks at one video wants to see its end, whatever was lost."""
        self.watch(video_id)


@dataclass(frozen=True)
class _Snapshot:
    """The first frame, and which states of which videos are in it."""

    frame: dict[str, Any]
    data: list[dict[str, Any]]


def _bodies(videos: QuerySet[Video]) -> _Snapshot:
    rows = list(shown(videos))
    bodies = [video_body(video, play_url=play_url) for video in rows]
    frame = {"type": "video.snapshot", "videos": bodies}
    return _Snapshot(frame, [events.data_of(video) for video in rows])


def _read(video: Video) -> Event:
    progress = encode(events.progress_frame(video))
    return Event(
        name=READ,
        text=encode(events.changed_frame(video)),
        topic=f"video:{video.pk}",
        is_final=True,
        data={**events.data_of(video), "progress": progress},
    )


def _read_videos(video_ids: list[str]) -> Iterable[tuple[str, Event]]:
    """Read what is watched; what is not there any more is told as well."""
    found = set()
    for video in shown(Video.objects.filter(pk__in=video_ids)):
        found.add(str(video.pk))
        yield str(video.pk), _read(video)
    for video_id in set(video_ids) - found:
        data = {"video_id": video_id, "revision": 0}
        text = encode(events.deleted_frame(video_id))
        yield video_id, Event(events.DELETED, text, f"video:{video_id}", is_final=True, data=data)


def _read_new_videos(owner_ids: list[UUID]) -> Iterable[tuple[UUID, Event]]:
    since = timezone.now() - NEW_VIDEOS_SINCE
    for video in shown(Video.objects.filter(owner__in=owner_ids, created_at__gte=since)):
        yield video.owner_id, _read(video)


# The videos of which sockets wait for more, and the users whose new videos they want.
video_sweep = per_loop(lambda: Sweep(_read_videos))
owner_sweep = per_loop(lambda: Sweep(_read_new_videos))
