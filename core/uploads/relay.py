"""The growing texts as this process knows them, composed once for all of its sockets.

Workers send pieces (`upload.stream`, core.uploads.events). A `Stream` puts the pieces of
one upload together and, at most once in `CORE_STREAM_MIN_INTERVAL_MS`, tells its
followers that there is more; frames are made then, once per form, whoever sends them. A
piece that does not fit (one was lost, or this process began to listen late) makes it
read the snapshot that the worker keeps in Redis.
"""

import asyncio
import logging
from typing import Any, Protocol

from django.conf import settings

from core.realtime.loops import in_thread, per_loop
from core.realtime.publish import encode
from core.uploads.stream import Snapshot, snapshot

logger = logging.getLogger(__name__)

Frame = dict[str, Any]
PLACE = ("run", "seq", "progress", "page", "page_count")


class Follower(Protocol):
    """A socket that sends the partial frames of an upload."""

    def partial(self, stream: "Stream") -> None:
        """There is more text. Must not wait."""


class Stream:
    """The text of an upload's newest run, as far as this process knows it.

    `is_whole` is false while pieces are missing; nothing is told to followers then.
    """

    def __init__(self, upload_id: str) -> None:
        self.upload_id = upload_id
        self.run = self.seq = self.page = self.page_count = 0
        self.progress = 0.0
        self.characters = 0
        self.is_whole = False
        self.followers: dict[Follower, None] = {}
        self._told_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._parts: list[str] = []
        self._made: dict[tuple[int | None, bool], str] = {}

    def take(self, piece: Frame) -> None:
        """Take a piece; one that was taken before changes nothing."""
        if (piece["run"], piece["seq"]) <= (self.run, self.seq):
            return
        if piece["run"] > self.run:
            self._set_text("")
            self.is_whole = piece["offset"] == 0
        elif piece["offset"] != self.characters:
            self.is_whole = False
        self._note(**{name: piece[name] for name in PLACE})
        if self.is_whole:
            self._parts.append(piece["delta"])
            self.characters += len(piece["delta"])
            self._tell_soon()
        else:
            self._read_soon()

    def doubt(self) -> None:
        """Pieces may have been lost unnoticed: read the snapshot."""
        if self.run:
            self._read_soon()

    def stop(self) -> None:
        """Nobody follows any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._reading is not None:
            self._reading.cancel()

    def partial(self, offset: int | None, *, is_wrapped: bool) -> str:
        """Make the partial frame of 2.6: the whole text, or what follows `offset` characters."""
        key = (offset, is_wrapped)
        if key not in self._made:
            frame = self._partial(offset)
            self._made[key] = encode(wrap(frame) if is_wrapped else frame)
        return self._made[key]

    def _partial(self, offset: int | None) -> Frame:
        text: Frame = {"streamed_text": self.text}
        if offset is not None:
            text = {"delta": self.text[offset:], "offset": offset}
        return {
            "type": "Upload.status",
            "id": self.upload_id,
            "status": "processing",
            **text,
            "run": self.run,
            "seq": self.seq,
            "progress": self.progress,
            "page": self.page,
            "page_count": self.page_count,
        }

    @property
    def text(self) -> str:
        """The text so far. Joined only when somebody asks: pieces are many."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def _set_text(self, text: str) -> None:
        self._parts, self.characters = [text], len(text)

    def _note(self, run: int, seq: int, progress: float, page: int, page_count: int) -> None:
        self.run, self.seq, self.progress = run, seq, progress
        self.page, self.page_count = page, page_count
        self._made.clear()

    def _tell_soon(self) -> None:
        """Tell the followers now, or when the interval since the last time is over."""
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        due_at = self._told_at + settings.CORE_STREAM_MIN_INTERVAL_MS / 1000
        self._timer = loop.call_at(max(due_at, loop.time()), self._tell)

    def _tell(self) -> None:
        self._timer = None
        self._told_at = asyncio.get_running_loop().time()
        if self.is_whole:
            for follower in tuple(self.followers):
                follower.partial(self)

    def _read_soon(self) -> None:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        """Read the snapshot; one older than what came meanwhile leaves the gap as it is."""
        run = self.run
        found = await in_thread(snapshot, self.upload_id, run)
        if found is not None and self.run == run and found.seq >= self.seq:
            self._adopt(found)
            self._tell_soon()

    def _adopt(self, found: Snapshot) -> None:
        self._set_text(found.text)
        self.is_whole = True
        self._note(self.run, found.seq, found.progress, found.page, found.page_count)


class Relay:
    """The streams of one process and event loop: those that some socket follows."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        self._followed: dict[Follower, set[str]] = {}

    def take(self, piece: Frame, follower: Follower) -> Stream:
        """Take a piece of an upload's text on behalf of a socket, which follows from now on."""
        upload_id = piece["upload_id"]
        stream = self._streams.get(upload_id)
        if stream is None:
            stream = self._streams[upload_id] = Stream(upload_id)
        stream.followers[follower] = None
        self._followed.setdefault(follower, set()).add(upload_id)
        stream.take(piece)
        return stream

    def doubt(self, follower: Follower) -> None:
        """Pieces may have been lost: read the snapshots of what a socket follows."""
        for upload_id in self._followed.get(follower, ()):
            self._streams[upload_id].doubt()

    def leave(self, upload_id: str, follower: Follower) -> None:
        """A socket follows an upload no longer; harmless when it did not."""
        followed = self._followed.get(follower)
        if followed is None or upload_id not in followed:
            return
        followed.discard(upload_id)
        if not followed:
            del self._followed[follower]
        stream = self._streams[upload_id]
        stream.followers.pop(follower, None)
        if not stream.followers:
            stream.stop()
            del self._streams[upload_id]

    def forget(self, follower: Follower) -> None:
        """A socket is gone."""
        for upload_id in tuple(self._followed.get(follower, ())):
            self.leave(upload_id, follower)


def wrap(frame: Frame) -> Frame:
    """Put a flat frame inside `instance`, as the oldest clients expect it (2.6)."""
    return {"type": frame["type"], "instance": frame}


relay = per_loop(Relay)
