"""The sockets of uploads: `/ws/core/upload/` and `/ws/core/upload/<uuid>/`.

What they say is in the core contract, section 2. Here is when: which events a socket
hears, in which form, and that the guarantees of 2.6 hold (core.uploads.following). The
commands are in core.uploads.commands, the growing texts in core.uploads.relay.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone

from core.errors import JobError
from core.realtime import close_codes
from core.realtime.asgi import Receive, Scope, Send
from core.realtime.commands import Command, decode_command
from core.realtime.consumer import AuthenticatedConsumer
from core.realtime.credentials import query_of
from core.realtime.errors import CommandError, Refused
from core.realtime.groups import group_for_upload, group_for_uploads_of
from core.realtime.loops import in_thread
from core.realtime.publish import Event
from core.uploads.commands import COMMANDS, error_answer, list_uploads
from core.uploads.encoded import MAX_PARSED_BYTES, cut
from core.uploads.errors import AccountGone, NotFound
from core.uploads.following import Hearing, Places
from core.uploads.frames import standing_frame, terminal_text, upload_sweep
from core.uploads.relay import Stream, relay, wrap
from core.uploads.selectors import upload_of
from core.uploads.serializers import iso
from core.uploads.types import UploadBody

# A longer message may hold a file: it is looked at in a thread.
LONG_MESSAGE_CHARS = 64 * 1024
BUSY = ("pending", "processing")


class UploadsConsumer(AuthenticatedConsumer):
    """All uploads of the caller, and every command."""

    awaits_authentication = True
    max_message_bytes = settings.CORE_WS_MAX_MESSAGE_BYTES
    # Commands that are not for this socket.
    not_allowed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        query = query_of(scope)
        self.own_upload_id: str | None = None
        self._is_wrapped = query.get("frames") == "wrapped"
        self._wants_list = query.get("initial") == "1" or settings.CORE_WS_INITIAL_LIST
        self.hearing = Hearing()
        self._places = Places()
        self._held_events: dict[str, list[Event]] = {}
        self._answered: set[str] = set()

    async def subscribe(self) -> None:
        """Hear everything from the start; nothing is said unless the list was asked for."""
        await self.join(group_for_uploads_of(self.user.pk))
        await self.accept()
        if self._wants_list:
            await list_uploads(self, {"type": "list"})

    async def decode(self, text: str) -> Command:
        """Cut a long base64 out before the rest is parsed. Raises: `BadRequest`."""
        if len(text) < LONG_MESSAGE_CHARS:
            return decode_command(text)
        return await in_thread(_decode_long, text)

    async def on_command(self, command: Command) -> None:
        """Do a command. Raises: `CommandError`, `Refused`."""
        name = command["type"]
        if name in self.not_allowed:
            raise CommandError("not_allowed", "Not allowed on this socket", command=name)
        if name == "ping":
            self.answer({"type": "pong", "ts": iso(timezone.now())})
            return
        if name not in COMMANDS:
            await super().on_command(command)
            return
        handler, answer_type = COMMANDS[name]
        try:
            await handler(self, command)
        except AccountGone as error:
            raise Refused(close_codes.UNAUTHENTICATED, error.code, str(error)) from error
        except JobError as error:
            self.answer(error_answer(answer_type, error))

    # What commands need of the socket.

    def upload_id_of(self, command: Command) -> object:
        """Return which upload a command is about. Raises: `JobError` when it names none."""
        upload_id = command.get("instance_id", self.own_upload_id)
        if upload_id is None:
            raise JobError("instance_id_required", code="instance_id_required")
        if self.own_upload_id is not None and str(upload_id).lower() != self.own_upload_id:
            raise NotFound
        return upload_id

    def note(self, body: UploadBody | Mapping[str, Any]) -> None:
        """Remember what the client has been told of an upload."""
        place = self._places.of(body["id"])
        place.begin(body["run"])
        if place.run == body["run"]:
            place.seq = max(place.seq, body.get("seq", 0))
        self._watch(body["id"], body["status"])

    def show(self, body: UploadBody) -> None:
        """Send where an upload stands as a flat `Upload.status`, and remember it."""
        self.note(body)
        frame = standing_frame(body)
        self.send_json(wrap(frame) if self._is_wrapped else frame)

    def answer_created(self, upload_id: str, frame: dict[str, Any], *, is_new: bool) -> None:
        """Answer `create`; what happened to the new upload meanwhile comes after it."""
        self.answer(frame)
        self.note(frame["instance"])
        if upload_id in self._held_events:
            self._release_held(upload_id)
        elif is_new:
            self._answered.add(upload_id)

    @contextmanager
    def holding(self, upload_id: object) -> Iterator[None]:
        """Hold back the events of an upload while a command on it is answered."""
        key = str(upload_id).lower()
        self._held_events.setdefault(key, [])
        try:
            yield
        finally:
            self._release_held(key)

    def forget(self, upload_id: str) -> None:
        """The upload is gone: nothing of it is waited for."""
        self._places.forget(upload_id)
        self.hearing.forget(upload_id)
        relay().leave(upload_id, self)
        upload_sweep().unwatch(upload_id, self)

    # Events.

    def deliver(self, event: Event) -> None:
        """Take an event; our own `create` is a sign to wait with what follows it."""
        if event.origin == self.socket_id and event.data.get("frame_type") == "Upload.created":
            upload_id = event.data["upload_id"]
            if upload_id in self._answered:
                self._answered.discard(upload_id)
            else:
                self._held_events.setdefault(upload_id, [])
        super().deliver(event)

    def on_event(self, event: Event) -> None:
        """Send what an event means to this socket."""
        upload_id = event.data["upload_id"]
        if event.data["owner_id"] != str(self.user.pk):
            return
        if (held := self._held_events.get(upload_id)) is not None:
            held.append(event)
        elif event.name == "upload.stream":
            self._take_piece(event)
        elif event.name == "upload.ended":
            self._end_run(event)
        elif event.name == "upload.question":
            self._tell_question(event)
        else:
            self._tell_change(event)

    def partial(self, stream: Stream) -> None:
        """Send the newest text of an upload, once the socket can take it."""
        if (
            self.hearing.stream != "none"
            and self.hearing.has(stream.upload_id)
            and not self.has_ended()
        ):
            render = partial(self._render, stream)
            self.send_text(render, f"upload:{stream.upload_id}", is_final=False)

    def on_resync(self) -> None:
        """Redis was away: read rows and snapshots again."""
        relay().doubt(self)
        upload_sweep().hurry()

    def on_end(self) -> None:
        """Let go of everything that is watched."""
        relay().forget(self)
        upload_sweep().forget(self)

    def _take_piece(self, event: Event) -> None:
        upload_id, run = event.data["upload_id"], event.data["run"]
        place = self._places.of(upload_id)
        place.begin(run)
        if run == place.run and not place.has_ended:
            self._watch(upload_id, "processing")
            relay().take(event.data, self)

    def _render(self, stream: Stream) -> str | None:
        """Make the partial frame of now; None when the client has as much already."""
        place = self._places.of(stream.upload_id)
        if not place.accepts(stream.run, stream.seq):
            return None
        place.seq = stream.seq
        offset = None
        if self.hearing.stream == "delta":
            offset, place.characters = place.characters, stream.characters
        return stream.partial(offset, is_wrapped=self._is_wrapped)

    def _end_run(self, event: Event) -> None:
        """Send the terminal frame of a run, once."""
        upload_id, frame = event.data["upload_id"], event.data["frame"]
        seq = self._places.of(upload_id).end(frame["run"], frame["seq"])
        if seq is None:
            return
        relay().leave(upload_id, self)
        if self.hearing.has(upload_id):
            text = terminal_text(event, seq, is_wrapped=self._is_wrapped)
            self.send_text(text, event.topic)

    def _tell_change(self, event: Event) -> None:
        upload_id = event.data["upload_id"]
        is_heard = self.hearing.has(upload_id)
        if event.data["frame_type"] == "Upload.deleted":
            self.forget(upload_id)
        else:
            self._watch(upload_id, event.data["status"])
        if is_heard:
            self.send_event(event)

    def _tell_question(self, event: Event) -> None:
        """Send what became of a question; partial answers where texts stream at all."""
        data, is_final = event.data, event.is_final
        place = self._places.of(data["upload_id"])
        if not place.accepts_answer(data["question_id"], data["attempt"], is_final=is_final):
            return
        is_wanted = is_final or self.hearing.stream != "none"
        if not (is_wanted and self.hearing.has(data["upload_id"])):
            return
        if self._is_wrapped:
            self.send_json(wrap(json.loads(event.text)), event.topic, is_final=event.is_final)
        else:
            self.send_event(event)

    def _watch(self, upload_id: str, status: str) -> None:
        """Have the row read every few seconds while the client waits for its end."""
        if status in BUSY:
            upload_sweep().watch(upload_id, self)
        else:
            upload_sweep().unwatch(upload_id, self)

    def _release_held(self, upload_id: str) -> None:
        for event in self._held_events.pop(upload_id, ()):
            if not self.has_ended():
                self.on_event(event)


class UploadConsumer(UploadsConsumer):
    """One upload of the caller. 4404: not theirs, deleted, or no such upload."""

    not_allowed = ("create", "begin", "part", "commit")

    async def subscribe(self) -> None:
        """Hear that upload, if it is the caller's."""
        upload_id = self.scope["url_route"]["kwargs"]["instance_id"]
        await self.join(group_for_upload(upload_id))
        try:
            await in_thread(upload_of, self.user, upload_id)
        except NotFound as error:
            raise Refused(close_codes.NOT_FOUND) from error
        self.own_upload_id = str(upload_id)
        await self.accept()
        if self._wants_list:
            await list_uploads(self, {"type": "list"})


def _decode_long(text: str) -> Command:
    short = cut(text)
    del text
    if len(short.rest) > MAX_PARSED_BYTES:
        raise CommandError("too_large", "The message is too large without its content.")
    command = decode_command(short.rest.decode("utf-8", "surrogatepass"))
    short.restored(command)
    return command
