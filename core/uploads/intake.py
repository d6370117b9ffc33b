"""Bytes on their way in: from base64, an uploaded file or a path of the server, to a file
of ours whose hash and type are known (core contract, 2.4, 4.3, 4.4, 6.1 to 6.3).

Everything here works in slices, in flat memory, and blocks: it is for a thread.
"""

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.base import File

from core.errors import FieldErrors, Throttled
from core.media.errors import NotAvailable, TooManyPixels, UnreadableImage, UnsupportedMedia
from core.media.identify import ImageLimits, identify
from core.media.paths import open_confined
from core.uploads import storage
from core.uploads.encoded import BadBase64, Encoded

SLICE_BYTES = 256 * 1024
INTAKES_PER_USER = 2
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Content:
    """Where bytes come from. `field` is the input's name, by which errors are keyed."""

    field: str
    slices: Callable[[], Iterator[bytes]]
    filename: str = ""
    size_bytes: int = 0


@dataclass(frozen=True)
class Received:
    """Bytes that have arrived: in a temporary file, hashed, and of an accepted type."""

    path: Path
    sha256: str
    size_bytes: int
    mime_type: str
    extension: str
    page_count: int | None
    filename: str


def from_base64(text: str | Encoded) -> Content:
    """Take base64, with or without a `data:` prefix and white space."""
    encoded = Encoded.of(text) if isinstance(text, str) else text
    # At least so many, whatever white space and escapes are among them; then they are counted.
    return Content("image_base64", encoded.decoded, size_bytes=encoded.length * 7 // 10 - 256)


def from_file(file: "File[bytes]", *, field: str = "image_file") -> Content:
    """Take an uploaded or an open file."""
    return Content(
        field,
        lambda: iter(file.chunks(SLICE_BYTES)),
        filename=file.name or "",
        size_bytes=file.size,
    )


def from_server_path(path: str, *, owner_id: UUID) -> Content:
    """Take a file of this machine that lies in one of `CORE_IMAGE_PATH_ROOTS`.

    One answer for missing, outside and unreadable. Raises: `FieldErrors`.
    """
    if not settings.CORE_IMAGE_PATH_ROOTS:
        raise FieldErrors({"image_path": "Server-side paths are disabled."})

    def slices() -> Iterator[bytes]:
        for root in settings.CORE_IMAGE_PATH_ROOTS:
            folder = Path(root.replace("{user_id}", str(owner_id)))
            try:
                file = open_confined(folder, path)
            except NotAvailable:
                continue
            with file:
                while piece := file.read(SLICE_BYTES):
                    yield piece
            return
        raise FieldErrors({"image_path": "Not available."})

    return Content("image_path", slices, filename=path)


@contextmanager
def received(content: Content, *, owner_id: UUID) -> Iterator[Received]:
    """Take the bytes in for as long as the block lasts; a file that was not placed goes with it.

    Raises: `FieldErrors` with the codes of 2.3, `Throttled`.
    """
    require_size(content.field, content.size_bytes)
    with _slot(owner_id), storage.incoming() as target:
        yield _taken_in(content, target)


def _taken_in(content: Content, target: storage.Incoming) -> Received:
    """Write the bytes down; hashing them, and waiting for the disk, is done beside it."""
    digest, size_bytes = hashlib.sha256(), 0
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as beside:
        hashed = beside.submit(digest.update, b"")
        for piece in _guarded(content):
            hashed.result()  # One slice at most waits: memory stays flat.
            hashed = beside.submit(digest.update, piece)
            size_bytes += target.file.write(piece)
            require_size(content.field, size_bytes)
        hashed.result()
        if not size_bytes:
            raise FieldErrors({content.field: _EMPTY.get(content.field, "The file is empty.")})
        target.file.flush()
        synced = beside.submit(os.fsync, target.file.fileno())
        taken = _identified(content, target.path, digest.hexdigest(), size_bytes)
        synced.result()
    return taken


_EMPTY = {"image_base64": "Empty image data."}


def _guarded(content: Content) -> Iterator[bytes]:
    try:
        yield from content.slices()
    except BadBase64 as error:
        message = f"Invalid base64 encoding: {error}"
        raise FieldErrors({content.field: message}) from error
    except OSError as error:
        raise FieldErrors({content.field: "Not available."}) from error


def require_size(field: str, size_bytes: int) -> None:
    """Refuse more than an upload may have. Raises: `FieldErrors`, `too_large`."""
    limit = settings.CORE_UPLOAD_MAX_BYTES
    if limit and size_bytes > limit:
        message = f"The file is larger than {limit:,} bytes."
        raise FieldErrors({field: message}, code="too_large")


def _identified(content: Content, path: Path, sha256: str, size_bytes: int) -> Received:
    try:
        found = identify(path, limits=ImageLimits(max_pixels=settings.CORE_MAX_PAGE_PIXELS))
    except (UnsupportedMedia, UnreadableImage, TooManyPixels) as error:
        raise FieldErrors({content.field: str(error)}, code=error.code) from error
    return Received(
        path=path,
        sha256=sha256,
        size_bytes=size_bytes,
        mime_type=found.mime,
        extension=found.extension,
        page_count=found.frame_hint,
        filename=content.filename,
    )


_busy: "Counter[UUID]" = Counter()
_busy_changed = threading.Condition()


@contextmanager
def _slot(owner_id: UUID) -> Iterator[None]:
    """Wait for one of the user's few places in this process. Raises: `Throttled` in the end."""
    with _busy_changed:
        if not _busy_changed.wait_for(lambda: _busy[owner_id] < INTAKES_PER_USER, PATIENCE_S):
            raise Throttled(int(PATIENCE_S))
        _busy[owner_id] += 1
    try:
        yield
    finally:
        with _busy_changed:
            _busy[owner_id] -= 1
            if not _busy[owner_id]:
                del _busy[owner_id]
            _busy_changed.notify_all()
