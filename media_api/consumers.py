"""One socket for all requests of a client (Media API contract, section 3).

A subscription remembers what the client was told of its request (`media_api.telling`);
events and rows are told as the difference to that.
"""

from collections import deque
from collections.abc import Iterable
from functools import partial
from time import monotonic, time
from typing import Any, ClassVar
from uuid import UUID

from core.accounts.models import User
from core.counts import count
from core.realtime.asgi import Message, Receive, Scope, Send
from core.realtime.commands import Command
from core.realtime.consumer import AuthenticatedConsumer
from core.realtime.credentials import Credentials, query_of
from core.realtime.errors import Refused
from core.realtime.groups import group_for_media_request
from core.realtime.identity import Identity, identity_of
from core.realtime.loops import in_thread, per_loop
from core.realtime.publish import Event, encode
from core.realtime.sweep import Sweep
from media_api import events
from media_api.client_events import InvalidEvent, event_in
from media_api.config.live import current
from media_api.figures import EVENTS_SENT
from media_api.listing import queue_position
from media_api.progress import Progress, gone_body, progress_of
from media_api.seen import requests_seen
from media_api.selectors import is_rid, request_of
from media_api.states import FINAL
from media_api.telling import Frame, Told

NOT_FOUND, NOT_ACCEPTED, ALREADY_SUBSCRIBED, NOT_SUBSCRIBED, TOO_MANY = 1, 2, 3, 4, 6
POLICY_VIOLATION, MESSAGE_TOO_BIG = 1008, 1009
INVALID_IN_A_ROW = 20
FRAMES_A_WINDOW, WINDOW_S = 250, 5.0


class RequestsConsumer(AuthenticatedConsumer):
    """Subscriptions to any number of requests; the address names none of them."""

    token_subprotocols: ClassVar[tuple[str, ...]] = ("jwt", "bearer")
    max_message_bytes: ClassVar[int] = 64 * 2**10
    renews_tokens: ClassVar[bool] = False
    max_waiting: ClassVar[int] = 1000

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._told: dict[str, Told] = {}
        # What comes while a row is read: it may be newer than the row.
        self._early: dict[str, list[Event]] = {}
        self._seq = 0
        self._invalid_in_a_row = 0
        self._frame_times: deque[float] = deque(maxlen=FRAMES_A_WINDOW)
        self._rid: str | None = None
        query = query_of(scope)
        self._is_extended = query.get("extended") == "1"
        self._subscribes = query.get("subscribe") == "1"

    async def identify(self, credentials: Credentials) -> Identity | None:
        """A token has to be right; whether there must be one is the configuration's."""
        if credentials.are_given or current().auth.required:
            return await in_thread(identity_of, credentials)
        return None

    def max_sockets(self) -> int:
        """Return how many sockets one user, or one address, may have."""
        return current().limits.sockets_per_user

    def commands_per_10s(self) -> int:
        """Leave the pace to `_handle`, whose window is shorter."""
        return 2 * FRAMES_A_WINDOW + 1

    async def subscribe(self) -> None:
        """Accept; the request in the address is subscribed to only where that is asked for."""
        await self.accept()
        rid = self.scope["url_route"]["kwargs"].get("request_id")
        if rid is not None and self._subscribes:
            await self._subscribe(rid)
            await self._sync(rid)

    # What clients say.

    async def _handle(self, message: Message) -> None:
        now = monotonic()
        is_full = len(self._frame_times) == FRAMES_A_WINDOW
        if is_full and now - self._frame_times[0] < WINDOW_S:
            raise Refused(POLICY_VIOLATION)
        self._frame_times.append(now)
        self._rid = None
        await super()._handle(message)

    def _check_size(self, size: int) -> None:
        if size > self.max_message_bytes:
            raise Refused(MESSAGE_TOO_BIG)

    async def decode(self, text: str) -> Command:
        """Make an event of a message. Raises: `InvalidEvent`, `Refused` after twenty in a row."""
        try:
            command = event_in(text)
        except InvalidEvent:
            self._count_invalid()
            raise
        self._invalid_in_a_row = 0
        return command

    async def on_bytes(self, data: bytes) -> None:  # noqa: ARG002 - whatever is in it
        """Refuse as what is not JSON. Raises: `InvalidEvent`, `Refused`."""
        self._count_invalid()
        raise InvalidEvent.not_json()

    def _count_invalid(self) -> None:
        self._invalid_in_a_row += 1
        if self._invalid_in_a_row >= INVALID_IN_A_ROW:
            raise Refused(POLICY_VIOLATION)

    async def on_command(self, command: Command) -> None:
        """Do what an event asks."""
        rid = self._rid = command["rid"]
        if command["type"] == "sub":
            await self._subscribe(rid)
        elif command["type"] == "unsub":
            self._unsubscribe(rid)
        else:
            await self._sync(rid)

    def error_frame(self, code: str, error: Any, extra: Any) -> object | None:  # noqa: ARG002
        """Return the frame of an invalid event, or of a fault; a refusal is told by its code."""
        if code == InvalidEvent.code:
            return dict(extra)
        if code in ("internal", "unavailable") and self._rid is not None:
            return {"type": "error", "rid": self._rid, "code": 0}
        return None

    # Subscriptions.

    async def _subscribe(self, rid: str) -> None:
        if rid in self._told:
            self._refuse(rid, ALREADY_SUBSCRIBED)
            return
        if len(self._told) >= current().websockets.max_subscriptions:
            self._refuse(rid, TOO_MANY)
            return
        # Before the group is joined nothing is said of it, and nobody may fill Redis with names.
        if not is_rid(rid):
            self._refuse(rid, NOT_FOUND)
            return
        # Joined first, then read: no end falls between.
        self._early[rid] = []
        try:
            await self.join(group_for_media_request(rid))
            progress = await in_thread(_progress_of, self._user(), rid)
        except BaseException:
            self.leave(group_for_media_request(rid))
            raise
        finally:
            early = self._early.pop(rid)
        if progress is None or progress.state in FINAL:
            self.leave(group_for_media_request(rid))
            self._refuse(rid, NOT_FOUND if progress is None else NOT_ACCEPTED)
            return
        self._told[rid] = Told.of(progress)
        request_sweep().watch(rid, self)
        for event in early:
            self.on_event(event)

    def _unsubscribe(self, rid: str) -> None:
        if rid not in self._told:
            self._refuse(rid, NOT_SUBSCRIBED)
            return
        self._forget(rid)

    def _forget(self, rid: str) -> None:
        self._told.pop(rid, None)
        self.leave(group_for_media_request(rid))
        request_sweep().unwatch(rid, self)

    async def _sync(self, rid: str) -> None:
        body = await in_thread(_sync_body, self._user(), rid, self._is_extended)
        error = body.pop("error", None)
        self._say({**body, "type": "sync"}, error=error)

    def _user(self) -> User | None:
        return self.identity.user if self.identity is not None else None

    def _refuse(self, rid: str, code: int) -> None:
        frame = {"type": "error", "rid": rid, "code": code}
        self.send_json({**frame, "isMissing": True} if code == NOT_FOUND else frame)

    # What happens to requests.

    def on_event(self, event: Event) -> None:
        """Tell what is news."""
        rid = event.data["rid"]
        told = self._told.get(rid)
        if told is None:
            if rid in self._early:
                self._early[rid].append(event)
            return
        for frame in told.news(event.data, pace=current().websockets, now_s=monotonic()):
            self._pass_on(frame, event, told)
        if told.is_over:
            self._forget(rid)

    def _pass_on(self, frame: Frame, event: Event, told: Told) -> None:
        count(EVENTS_SENT, frame["type"])
        if frame["type"] == "progress":
            if frame["pct"] == event.data["pct"] and not self._is_extended:
                self.send_event(event)  # All sockets share its text.
            else:
                self._say(frame, topic=events.topic_of(told.rid, told.stage))
        else:
            self._say(frame, error=event.data["error"] if frame["type"] == "status" else None)

    def _say(self, frame: Frame, *, error: object = None, topic: str = "") -> None:
        """Send a frame; one with a topic may be merged. More keys go to whoever asked for them."""
        if self._is_extended:
            if error is not None:
                frame = {**frame, "error": error}
            self.send_text(partial(self._numbered, frame), topic, is_final=not topic)
        else:
            self.send_json(frame, topic, is_final=not topic)

    def _numbered(self, frame: Frame) -> str:
        """Number what leaves, once it does: of merged frames only the newest has a number."""
        self._seq += 1
        return encode({**frame, "seq": self._seq, "ts": time()})

    def on_resync(self) -> None:
        """Redis was away: read what is waited for."""
        request_sweep().hurry()

    def on_end(self) -> None:
        """Wait for nothing any more."""
        request_sweep().forget(self)


def _progress_of(user: User | None, rid: str) -> Progress | None:
    request = request_of(user, rid)
    return None if request is None else progress_of(request)


def _sync_body(user: User | None, rid: str, is_extended: bool) -> Frame:
    request = request_of(user, rid)
    if request is None:
        return gone_body(rid)
    body = progress_of(request).body()
    return {**body, "queuePosition": queue_position(request)} if is_extended else body


def _read_requests(rids: list[str]) -> Iterable[tuple[str, Event]]:
    """Read what is waited for; what is not there any more is told as well."""
    found = set()
    for request in requests_seen([UUID(rid) for rid in rids]):
        found.add(request.rid)
        yield request.rid, events.event_of_progress(progress_of(request))
    for rid in set(rids) - found:
        yield rid, events.deleted_event(rid)


request_sweep = per_loop(lambda: Sweep(_read_requests))
