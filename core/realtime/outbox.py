"""Everything that leaves through one socket, in order and bounded.

While the client reads, a frame is handed to the server at once: the server's `send`
coroutine is stepped right here and ends without having waited, so no task is woken and
nothing is queued. Only a socket whose buffer is full gets a task, which waits for it;
frames that come meanwhile go to a `Backlog`.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from core.realtime import close_codes
from core.realtime.asgi import Message, Send
from core.realtime.backlog import Backlog, BacklogFull

logger = logging.getLogger(__name__)

CLOSE_PATIENCE_S = 10.0
# Makes the text when the socket can take it: of merged frames only the newest is made.
Render = Callable[[], str | None]


class Outbox:
    """The frames of one socket. Not thread-safe: for the socket's own event loop."""

    def __init__(self, send: Send, on_stuck: Callable[[], None], *, max_waiting: int = 256) -> None:
        """Send with `send`; `on_stuck` is called when even a close cannot be sent."""
        self._send = send
        self._on_stuck = on_stuck
        self._backlog: Backlog[Message | Render] = Backlog(max_finals=max_waiting)
        self._writer: asyncio.Task[None] | None = None
        self._close: Message | None = None
        self.is_closed = False

    def put(self, text: str | Render, topic: str = "", *, is_final: bool = True) -> None:
        """Send a text frame, or let it wait; what is final or has no topic is never dropped."""
        if isinstance(text, str):
            message: Message = {"type": "websocket.send", "text": text}
            self.put_message(message, topic, is_final, len(text))
        elif self._writer is not None:
            self._wait(text, topic, is_final, 0)
        elif not self.is_closed and (made := text()) is not None:
            self._step({"type": "websocket.send", "text": made})

    def put_message(self, message: Message, topic: str, is_final: bool, chars: int) -> None:
        """Send a ready `websocket.send` message, which sockets may share."""
        if self._writer is None:
            if not self.is_closed:
                self._step(message)
        else:
            self._wait(message, topic, is_final, chars)

    def close(self, code: int, text: str | None = None, *, discard: bool = False) -> None:
        """Close the socket after what waits (or, with `discard`, at once) and after `text`."""
        if self.is_closed:
            return
        if discard:
            self._backlog.clear()
        if text is not None:
            self.put(text)
        self._say_goodbye(code)

    def _say_goodbye(self, code: int) -> None:
        if self.is_closed:  # The client was lost meanwhile.
            return
        self.is_closed = True
        self._close = {"type": "websocket.close", "code": code}
        if self._writer is None:
            self._step(self._close)
        else:
            asyncio.get_running_loop().call_later(CLOSE_PATIENCE_S, self._give_up)

    async def flush(self) -> None:
        """Wait until nothing waits in here."""
        while self._writer is not None:
            await asyncio.wait([self._writer])

    def abandon(self) -> None:
        """Forget everything: the client is gone."""
        self.is_closed = True
        self._close = None
        self._backlog.clear()
        # Here, not only in `_drain`: a task cancelled before its first step runs nothing.
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.cancel()

    def _wait(self, item: Message | Render, topic: str, is_final: bool, chars: int) -> None:
        if self.is_closed:
            return
        try:
            self._backlog.put(item, topic, is_final=is_final, chars=chars)
        except BacklogFull:
            self.close(close_codes.TRY_AGAIN_LATER, discard=True)

    def _step(self, message: Message) -> None:
        """Run the server's `send` up to where it waits, which as a rule it does not."""
        sending = self._send(message)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - servers raise what they like
            self._lost(error)
        else:
            drain = self._drain(_Resumed(sending, waits_for))
            self._writer = asyncio.get_running_loop().create_task(drain)

    async def _drain(self, blocked: "_Resumed") -> None:
        try:
            await blocked
            while (message := self._next()) is not None:
                await self._send(message)
        except Exception as error:  # noqa: BLE001 - as in `_step`
            self._lost(error)
        finally:
            self._writer = None

    def _next(self) -> Message | None:
        while len(self._backlog):
            item = self._backlog.pop()
            if not callable(item):
                return item
            if (text := item()) is not None:
                return {"type": "websocket.send", "text": text}
        message, self._close = self._close, None
        return message

    def _lost(self, error: Exception) -> None:
        """Stop sending: the client is gone, and `receive` will say so."""
        logger.debug("a socket was lost while sending: %s", type(error).__name__)
        self.is_closed = True
        self._backlog.clear()

    def _give_up(self) -> None:
        if self._writer is not None:
            self.abandon()
            self._on_stuck()


class _Resumed:
    """A coroutine that was stepped once and now goes on inside a task."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            try:
                result = yield waits_for
            except BaseException as error:  # noqa: BLE001 - a cancellation belongs inside
                step: Callable[[Any], Any] = self._coroutine.throw
                argument: Any = error
            else:
                step, argument = self._coroutine.send, result
            try:
                waits_for = step(argument)
            except StopIteration:
                return
