"""One WebSocket as the hub sees it: groups, events held until the snapshot is out, frames."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from core.realtime import close_codes
from core.realtime.asgi import OVERFLOW_MESSAGE, Message, Receive, Scope, Send
from core.realtime.backlog import Backlog, BacklogFull
from core.realtime.credentials import Credentials, take_credentials
from core.realtime.errors import Refused
from core.realtime.hub import hub
from core.realtime.outbox import Outbox, Render
from core.realtime.publish import Event, encode

logger = logging.getLogger(__name__)
_BUSY = "Too many large messages are under way; try again later."


class Disconnected(Exception):  # noqa: N818 - it says what happened
    """The client has closed the socket, or was lost."""


class Socket:
    """What every socket can do, whoever is at the other end. No `send_…` ever waits.

    A socket is `held` until its snapshot is sent: events wait, and what would end it is
    kept for that moment too, since a close before the handshake shows no code.
    """

    # Names of the sub-protocol pair `<name>, <token>`.
    token_subprotocols: ClassVar[tuple[str, ...]] = ("jwt",)
    # How many frames may wait for a client that does not read, beside progress that is merged.
    max_waiting: ClassVar[int] = 256

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.credentials: Credentials = take_credentials(scope, self.token_subprotocols)
        self.scope = scope
        self.socket_id = secrets.token_hex(8)
        self.outbox = Outbox(send, on_stuck=self._stuck, max_waiting=self.max_waiting)
        self._receive = receive
        self._send = send
        self._groups: set[str] = set()
        self._held: Backlog[Event] | None = Backlog()
        self._doom: Refused | None = None
        self._is_accepted = False

    def on_event(self, event: Event) -> None:
        """Take an event of a joined group: send its text as it is."""
        self.send_event(event)

    def on_resync(self) -> None:
        """Redis was away and events may be lost: read again."""

    def error_frame(
        self, code: str, error: str | dict[str, str], extra: Mapping[str, Any]
    ) -> object | None:
        """Make the frame of an error; None sends none."""
        return {"type": "error", "code": code, "error": error, **extra}

    async def accept(self) -> None:
        """Complete the handshake, unless that was done before."""
        if not self._is_accepted:
            self._is_accepted = True
            subprotocol = self.credentials.subprotocol
            await self._send({"type": "websocket.accept", "subprotocol": subprotocol})

    async def accept_with(self, *frames: object) -> None:
        """Complete the handshake and send the snapshot."""
        await self.accept()
        for frame in frames:
            self.send_json(frame)

    async def join(self, group: str) -> None:
        """Have the events of a group delivered from now on. Raises: `HubUnavailable`."""
        self._groups.add(group)
        await hub().join(group, self)

    def leave(self, group: str) -> None:
        """Have the events of a group delivered no longer."""
        self._groups.discard(group)
        hub().leave(group, self)

    def send_json(self, frame: object, topic: str = "", *, is_final: bool = True) -> None:
        """Send a frame; one with a topic that is not final may be merged to the newest."""
        self.outbox.put(encode(frame), topic, is_final=is_final)

    def send_text(self, text: str | Render, topic: str = "", *, is_final: bool = True) -> None:
        """Send ready text, or what a function makes of it once the socket can take it.

        The function may return None when there is nothing left to say.
        """
        self.outbox.put(text, topic, is_final=is_final)

    def send_event(self, event: Event) -> None:
        """Send an event's text; all sockets share one message."""
        self.outbox.put_message(event.message, event.topic, event.is_final, len(event.text))

    def close_with(self, code: int, frame: object | None = None) -> None:
        """Send what waits, then `frame`, then close."""
        self.outbox.close(code, None if frame is None else encode(frame))

    def deliver(self, event: Event) -> None:
        """Take an event from the hub or a sweep."""
        if event.origin and event.origin == self.socket_id:
            return
        if self._held is None:
            if not self.has_ended():
                self.on_event(event)
            return
        try:
            self._held.put(event, event.topic, is_final=event.is_final, chars=len(event.text))
        except BacklogFull:
            self._end_with(Refused(close_codes.TRY_AGAIN_LATER))

    def resync(self) -> None:
        """Be told by the hub that events may be lost."""
        self.on_resync()

    def has_ended(self) -> bool:
        """Whether no event may be sent any more."""
        return self.outbox.is_closed

    def _release(self) -> None:
        """Hand on what came before the snapshot. Raises: `Refused`, if it was to end."""
        if self._doom is not None:
            raise self._doom
        held, self._held = self._held, None
        while held:
            self.deliver(held.pop())

    def _end_with(self, refused: Refused) -> None:
        """Tell the client why and close, without what still waits."""
        if self._held is not None:
            self._doom = self._doom or refused
            return
        self._say_and_close(refused)

    def _say_and_close(self, refused: Refused) -> None:
        frame = self.error_frame(refused.code, refused.error, {})
        text = None if frame is None else encode(frame)
        self.outbox.close(refused.close_code, text, discard=True)

    async def refuse(self, refused: Refused) -> None:
        """Accept if that was not done, so that a browser sees frame and code; then close."""
        self._held = None
        await self.accept()
        self._say_and_close(refused)

    async def _message(self) -> Message:
        """Return the next message of the client. Raises: `Disconnected`, `Refused`."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise Disconnected
        if message["type"] == OVERFLOW_MESSAGE:
            raise Refused(close_codes.TRY_AGAIN_LATER, error=_BUSY)
        return message

    def _leave_all(self) -> None:
        for group in self._groups:
            hub().leave(group, self)
        self.outbox.abandon()

    def _stuck(self) -> None:
        """Even a close cannot be sent; whoever serves the socket should stop."""
