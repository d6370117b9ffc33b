"""The body of a request on its way in, read ahead of the disk by so much and no more."""

import asyncio
import contextlib

from core.realtime.asgi import Receive

HOP_BYTES = 256 * 1024
READ_AHEAD_BYTES = 2 * HOP_BYTES
# A slow client's bytes wait no longer for others to go with them.
PATIENCE_S = 0.25
# After a refusal the rest is read and thrown away for this long: a connection closed with
# unread bytes is reset, and the client may then never see the answer.
LINGER_S = 10.0


class Inflow:
    """One body. Nothing is asked of the client before `start` (it may wait for a 100).

    `failure` is what a layer in front of us has raised in place of the next bytes.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._pieces: list[bytes] = []
        self._waiting_bytes = 0
        self._some, self._enough, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._room.set()
        self._reader: asyncio.Task[None] | None = None
        self.is_whole = False
        self.is_broken = False
        self.failure: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.is_whole or self.is_broken

    @property
    def was_asked_for(self) -> bool:
        """Whether the client was told to send."""
        return self._reader is not None

    def start(self) -> None:
        """Begin to read."""
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())

    async def take(self) -> bytes:
        """Return the next bytes; none at the end, be it `is_whole` or `is_broken`."""
        await self._some.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._enough.wait(), PATIENCE_S)
        piece = b"".join(self._pieces)
        self._pieces.clear()
        self._waiting_bytes = 0
        self._room.set()
        if not self.is_over:
            self._some.clear()
            self._enough.clear()
        return piece

    async def stop(self) -> None:
        """Read no further."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    async def discard(self) -> None:
        """Read what is left, for a while, and throw it away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while not self.is_over:
                    await self._next()

    async def _read(self) -> None:
        try:
            while not self.is_over:
                await self._room.wait()
                self._keep(await self._next())
        except Exception as error:  # noqa: BLE001 - a layer in front ends the body; it is its
            self.is_broken, self.failure = True, error
        finally:
            self._some.set()
            self._enough.set()

    async def _next(self) -> bytes:
        message = await self._receive()
        self.is_broken = message["type"] == "http.disconnect"
        self.is_whole = not self.is_broken and not message.get("more_body", False)
        return bytes(message.get("body", b""))

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._waiting_bytes += len(piece)
        if self._waiting_bytes:
            self._some.set()
        if self._waiting_bytes >= HOP_BYTES:
            self._enough.set()
        if self._waiting_bytes >= READ_AHEAD_BYTES:
            self._room.clear()
