"""The files of uploads that are under way: `tus/<owner>/<upload>/` below the media root.

Each folder has `data`, whose size is how much has arrived, and `lock`, held (flock(2)) by
the one request that writes: the kernel lets go of it when its process dies. On several
machines the folder has to be a shared one whose locks reach over the network, as those of
NFS 4 do, or a balancer has to keep an upload on its machine.
"""

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from core.api.errors import NO_ROOM
from core.tus.errors import Gone, Locked, NoSpace

FOLDER = "tus"
FILE_MODE, FOLDER_MODE = 0o640, 0o750


def root() -> Path:
    """Return the folder of all parts."""
    return Path(settings.MEDIA_ROOT) / FOLDER


def folder_of(owner_id: UUID, upload_id: UUID) -> Path:
    """Return the folder of one upload."""
    return root() / str(owner_id) / str(upload_id)


def data_of(owner_id: UUID, upload_id: UUID) -> Path:
    """Return the path of an upload's bytes."""
    return folder_of(owner_id, upload_id) / "data"


def make(owner_id: UUID, upload_id: UUID) -> None:
    """Make an upload's folder with its two empty files. Raises: `NoSpace`."""
    folder = folder_of(owner_id, upload_id)
    with _room():
        folder.mkdir(mode=FOLDER_MODE, parents=True)
        for name in ("lock", "data"):
            os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))


def require_room(size_bytes: int) -> None:
    """Refuse what cannot fit on the disk. Raises: `NoSpace`."""
    root().mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if shutil.disk_usage(root()).free < size_bytes:
        raise NoSpace


def remove(owner_id: UUID, upload_id: UUID) -> None:
    """Remove an upload's files, whatever is left of them."""
    shutil.rmtree(folder_of(owner_id, upload_id), ignore_errors=True)


def remove_all_of(owner_id: UUID | str) -> None:
    """Remove every part of an account that is gone."""
    shutil.rmtree(root() / str(UUID(str(owner_id))), ignore_errors=True)


def folders() -> Iterator[tuple[tuple[UUID, UUID], float]]:
    """Yield `(owner, upload)` of every folder, and when it was made, in seconds since 1970."""
    for path in root().glob("*/*"):
        try:
            yield (UUID(path.parent.name), UUID(path.name)), path.stat().st_mtime
        except (ValueError, FileNotFoundError):
            continue  # It is none of ours, or has just gone.


def size_of(owner_id: UUID, upload_id: UUID) -> int | None:
    """Return how many bytes are there; None where the file is not."""
    try:
        return data_of(owner_id, upload_id).stat().st_size
    except FileNotFoundError:
        return None


@contextmanager
def locked(owner_id: UUID, upload_id: UUID) -> Iterator[None]:
    """Be the only one that writes an upload. Raises: `Locked`, `Gone` where there is nothing."""
    descriptor = lock(owner_id, upload_id)
    try:
        yield
    finally:
        os.close(descriptor)


def lock(owner_id: UUID, upload_id: UUID) -> int:
    """Return a descriptor that holds the lock until it is closed. Raises: `Locked`, `Gone`."""
    try:
        descriptor = os.open(folder_of(owner_id, upload_id) / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise Gone from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Locked from error
    return descriptor


def sync(owner_id: UUID, upload_id: UUID) -> None:
    """Have the bytes outlast a loss of power, where they still lie here (fsync(2))."""
    try:
        descriptor = os.open(data_of(owner_id, upload_id), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        with _room():
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Part:
    """An upload's file, open at its end for the one that holds the lock.

    It may be closed while another thread writes: the write ends first, and no later one
    reaches a descriptor that means another file by then.
    """

    def __init__(self, path: Path, offset_bytes: int) -> None:
        """Open the file and cut off what lies beyond `offset_bytes`. Raises: `Gone`."""
        self._mutex = threading.Lock()
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise Gone from error
        self.path = path
        self.offset_bytes = offset_bytes
        self.truncate(offset_bytes)

    def write(self, piece: bytes) -> None:
        """Append bytes, all of them or as many as there is room for. Raises: `NoSpace`."""
        view = memoryview(piece)
        with self._mutex, _room():
            while view:
                written = os.pwrite(self._descriptor, view, self.offset_bytes)
                self.offset_bytes += written
                view = view[written:]

    def truncate(self, offset_bytes: int) -> None:
        """Throw away what lies beyond an offset."""
        with self._mutex:
            os.ftruncate(self._descriptor, offset_bytes)
            self.offset_bytes = offset_bytes

    def close(self) -> None:
        """Let go of the file."""
        with self._mutex:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (*NO_ROOM, errno.EFBIG):
            raise NoSpace from error
        raise
