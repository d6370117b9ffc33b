"""From the wire to the file while the request still runs.

Without a checksum every byte that has arrived counts, however the request ends: the file's
size is the truth. With one the row keeps the offset until the whole chunk has verified.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from core.accounts.models import User
from core.errors import InvalidInput
from core.tus import finishing, parts, selectors, services
from core.tus.errors import ChecksumMismatch, Disconnected, Gone, OffsetMismatch, TooLarge
from core.tus.headers import Checksum, Chunk
from core.tus.inflow import Inflow
from core.tus.models import Status, TusUpload
from core.tus.parts import Part
from core.tus.purposes import purpose_named
from core.tus.threads import on_disk, with_content, with_rows

if TYPE_CHECKING:
    from hashlib import _Hash

TELL_EVERY_S = 1.0


@asynccontextmanager
async def held(owner: User, upload_id: UUID) -> AsyncIterator[TusUpload]:
    """Give an upload, its true offset in it, to the one request that may write it.

    Raises: `NotFound`, `Gone`, `Locked`.
    """
    upload, lock = await with_rows(_hold, owner, upload_id)
    try:
        yield upload
    finally:
        if lock is not None:
            os.close(lock)


def _hold(owner: User, upload_id: UUID) -> tuple[TusUpload, int | None]:
    upload = selectors.upload_of(owner, upload_id)
    if upload.status == Status.COMPLETE:
        return upload, None
    try:
        lock = parts.lock(owner.pk, upload_id)
    except Gone:
        return finishing.completed_meanwhile(upload), None
    try:
        # Read again: whoever held it before has gone on.
        upload = selectors.upload_of(owner, upload_id)
        upload.offset_bytes = selectors.offset_of(upload)
    except BaseException:
        os.close(lock)
        raise
    return upload, lock


async def receive(upload: TusUpload, chunk: Chunk, body: Inflow) -> None:
    """Append one chunk to an upload that is `held`, and finish it with the last byte.

    Raises: `OffsetMismatch`, `TooLarge`, `ChecksumMismatch`, `Disconnected`, `NoSpace`,
    `Gone`, and what the purpose refuses.
    """
    if chunk.offset_bytes != upload.offset_bytes:
        raise OffsetMismatch
    room_bytes = upload.length_bytes - upload.offset_bytes
    if (chunk.declared_bytes or 0) > room_bytes:
        raise TooLarge(room_bytes)
    if room_bytes:
        await _append(upload, chunk.checksum, body)
    else:
        await _require_nothing(chunk.checksum, body)
    if upload.status != Status.COMPLETE and upload.offset_bytes == upload.length_bytes:
        await with_content(finishing.finish, upload)


async def _require_nothing(checksum: Checksum | None, body: Inflow) -> None:
    """Take the empty body of a request about an upload whose bytes are all there."""
    body.start()
    if await body.take():
        raise TooLarge(0)
    if checksum and not checksum.fits(checksum.hasher()):
        raise ChecksumMismatch


async def _append(upload: TusUpload, checksum: Checksum | None, body: Inflow) -> None:
    path = parts.data_of(upload.owner_id, upload.pk)
    part = await on_disk(Part, path, upload.offset_bytes)
    try:
        if checksum:
            await _append_checked(upload, part, checksum, body)
        else:
            await _append_all(upload, part, body)
    finally:
        part.close()
    if upload.offset_bytes < upload.length_bytes:
        await with_content(_tell, upload, path, upload.offset_bytes)
    if body.is_broken:
        raise Disconnected


async def _append_all(upload: TusUpload, part: Part, body: Inflow) -> None:
    """Append whatever arrives."""
    if upload.is_checking:
        # A process has died in a checked chunk, and the file has just been cut back.
        await with_rows(services.note, upload, part.offset_bytes)
    growth = _Growth(upload, part.path)
    try:
        await _pour(part, body, upload.length_bytes, growth=growth)
        await growth.ended()
    finally:
        await growth.settled()
        upload.offset_bytes = part.offset_bytes


async def _append_checked(upload: TusUpload, part: Part, checksum: Checksum, body: Inflow) -> None:
    """Append a chunk that counts only when it is whole and what it should be."""
    start = part.offset_bytes
    await with_rows(services.note, upload, start, is_checking=True)
    hasher = checksum.hasher()
    try:
        await _pour(part, body, upload.length_bytes, hasher=hasher)
        if not body.is_broken and not checksum.fits(hasher):
            raise ChecksumMismatch
    except BaseException:
        part.truncate(start)
        raise
    if body.is_broken:
        part.truncate(start)
    await with_rows(services.note, upload, part.offset_bytes)


async def _pour(
    part: Part,
    body: Inflow,
    length_bytes: int,
    *,
    hasher: "_Hash | None" = None,
    growth: "_Growth | None" = None,
) -> None:
    """Write a body to its file until it ends or breaks. Raises: `TooLarge`, `NoSpace`."""
    body.start()
    while piece := await body.take():
        if part.offset_bytes + len(piece) > length_bytes:
            raise TooLarge(length_bytes)
        await on_disk(_write, part, piece, hasher)
        if growth:
            growth.follow(part.offset_bytes)


def _write(part: Part, piece: bytes, hasher: "_Hash | None") -> None:
    part.write(piece)
    if hasher:
        hasher.update(piece)


class _Growth:
    """Tells the row and the purpose how far an upload is, beside the stream of its bytes."""

    def __init__(self, upload: TusUpload, path: Path) -> None:
        self._upload, self._path = upload, path
        self._told_at = time.monotonic()
        self._telling: asyncio.Task[None] | None = None

    def follow(self, offset_bytes: int) -> None:
        """Tell them, where it is time and nobody is being told. Raises: what the last one did."""
        if self._telling and self._telling.done():
            self._telling.result()
            self._telling = None
        now = time.monotonic()
        if self._telling is None and now - self._told_at >= TELL_EVERY_S:
            self._told_at = now
            telling = with_content(_tell, self._upload, self._path, offset_bytes)
            self._telling = asyncio.create_task(telling)

    async def ended(self) -> None:
        """Wait for who is being told. Raises: what that one did."""
        if self._telling:
            await self._telling

    async def settled(self) -> None:
        """Wait for who is being told, whatever comes of it."""
        if self._telling:
            await asyncio.gather(self._telling, return_exceptions=True)


def _tell(upload: TusUpload, path: Path, offset_bytes: int) -> None:
    """Note how far an upload is, and have its purpose look. Raises: `Gone`, `InvalidInput`."""
    services.note(upload, offset_bytes)
    try:
        purpose_named(upload.purpose).grew(upload, path, offset_bytes)
    except InvalidInput:
        services.end(upload)
        raise
