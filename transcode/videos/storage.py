"""Where the files of videos lie: the storage `videos`, and two local folders beside it.

A name is a key of the storage: `<room>/<video>/<file>`. What belongs to a video lies in
folders named by it, so that a deletion and the sweep are simple. On a file system files
appear by rename, whole or not at all; to a bucket they are uploaded, which is as whole.

`staging/` takes what runners send, `growing/` what is served while it is written. Both
are local, whatever the storage is.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from errno import EXDEV
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from core.errors import TemporaryFailure
from core.media.paths import make_folder, sync_folder, write_atomic
from core.stored import StoredFile

ROOMS = ("originals", "hls", "web-videos", "captions", "images", "studio")
LOCAL_ROOMS = ("growing",)
STAGING = "staging"
FILE_MODE = 0o640
_COPY_BYTES = 2**20


def storage() -> Storage:
    """Return the storage of videos."""
    return storages["videos"]


def is_local() -> bool:
    """Return whether stored files lie in a local folder."""
    return bool(settings.MEDIA_STORAGE == "file")


def root() -> Path:
    """Return the local folder: of everything, or of what a bucket does not hold."""
    return Path(settings.MEDIA_ROOT) / "videos"


# ---- names


def name_in(room: str, video_id: UUID | str, file: str) -> str:
    """Return the key of a video's file. Raises: `ValueError` for a file that is no plain name."""
    if room not in ROOMS or file in ("", ".", "..") or set(file) & set("/\\\0"):
        raise ValueError("not the name of a video's file")
    return f"{room}/{UUID(str(video_id))}/{file}"


def attempt_uuid(job_id: UUID | str, attempt: int) -> UUID:
    """Return the id in the names of what an attempt makes: whoever finishes it names alike."""
    digest = hashlib.sha256(f"{UUID(str(job_id))}.{attempt}".encode()).digest()
    return UUID(bytes=digest[:16], version=4)


def file_of(name: str) -> str:
    """Return the last part of a key: the name by which players know the file."""
    return PurePosixPath(name).name


# ---- local folders


def staging_folder(job_id: UUID | str, token_start: str) -> Path:
    """Return where a runner's upload for a job is written; made by whoever writes first."""
    if not token_start.isalnum():
        raise ValueError("the start of a token's hash is letters and digits")
    return root() / STAGING / f"{UUID(str(job_id))}.{token_start}"


def growing_folder(video_id: UUID | str, job_id: UUID | str, attempt: int) -> Path:
    """Return where an attempt writes what is served while it grows."""
    return root() / "growing" / str(UUID(str(video_id))) / f"{UUID(str(job_id))}.{int(attempt)}"


def incoming_path() -> Path:
    """Return the path of a file to be written, which whoever takes it in moves away."""
    make_folder(root() / STAGING)
    return root() / STAGING / f"incoming-{secrets.token_hex(16)}"


@contextmanager
def incoming() -> Iterator[Path]:
    """Give the path of a file to be written; if it is still there after the block, it goes."""
    path = incoming_path()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def remove_staged(job_id: UUID | str) -> None:
    """Remove whatever runners have sent for a job."""
    for folder in (root() / STAGING).glob(f"{UUID(str(job_id))}.*"):
        shutil.rmtree(folder, ignore_errors=True)


# ---- files


def place(path: Path, name: str) -> None:
    """Move a local file to its place. It bears being called again after it was moved.

    Raises: `FileNotFoundError` when it is neither here nor there.
    """
    if not path.exists() and exists(name):
        return
    if not is_local():
        with path.open("rb") as file:
            _save(name, File(file))
        path.unlink()
        return
    target = root() / name
    make_folder(target.parent)
    path.chmod(FILE_MODE)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != EXDEV:
            raise
        with path.open("rb") as file:
            write_atomic(target, iter(lambda: file.read(_COPY_BYTES), b""), FILE_MODE)
        path.unlink()
    sync_folder(target.parent)


def write(name: str, content: str | bytes) -> None:
    """Write a small file, whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    if not is_local():
        _save(name, ContentFile(data))
        return
    target = root() / name
    make_folder(target.parent)
    write_atomic(target, [data], FILE_MODE)


def _save(name: str, content: "File[bytes]") -> None:
    """Upload to the bucket under this very name (`file_overwrite` is on)."""
    saved = storage().save(name, content)
    if saved != name:
        storage().delete(saved)
        raise TemporaryFailure("The storage would not take the file.", code="storage_failed")


def exists(name: str) -> bool:
    """Return whether the file is there."""
    return (root() / name).is_file() if is_local() else bool(storage().exists(name))


def size_bytes(name: str) -> int:
    """Return a stored file's size. Raises: `FileNotFoundError`."""
    return (root() / name).stat().st_size if is_local() else int(storage().size(name))


def open_stored(name: str) -> BinaryIO:
    """Open a file for reading, seekable. Raises: `TemporaryFailure` when it cannot be read."""
    return _stored(name).open()


def local_path(name: str) -> AbstractContextManager[Path]:
    """Give the path of a file on this machine; a bucket's is copied for as long as the block.

    Raises: `TemporaryFailure` when it cannot be read.
    """
    return _stored(name).on_this_machine()


def _stored(name: str) -> StoredFile:
    return StoredFile(storage(), name, root() / name if is_local() else None)


@contextmanager
def wherever(path: Path, name: str) -> Iterator[Path]:
    """Give the path of a result that may have been moved to its place already."""
    if path.exists():
        yield path
        return
    with local_path(name) as placed:
        yield placed


# ---- removal


def remove(name: str) -> None:
    """Remove a file, if it is there."""
    if is_local():
        (root() / name).unlink(missing_ok=True)
    else:
        storage().delete(name)


def remove_video(video_id: UUID | str) -> None:
    """Remove every file of a video, with its folders."""
    video = str(UUID(str(video_id)))
    for room in (*ROOMS, *LOCAL_ROOMS):
        shutil.rmtree(root() / room / video, ignore_errors=True)
        if not is_local() and room in ROOMS:
            for name in files_in(room, video):
                storage().delete(name)


def files_in(room: str, video_id: UUID | str) -> list[str]:
    """Return the keys of a video's files in one room."""
    folder = f"{room}/{UUID(str(video_id))}"
    with suppress(FileNotFoundError):
        return [f"{folder}/{file}" for file in storage().listdir(folder)[1]]
    return []


def videos_in(room: str) -> list[str]:
    """Return the ids of the videos that have a folder in a room."""
    with suppress(FileNotFoundError):
        return list(storage().listdir(room)[0])
    return []


def remove_empty_folder(room: str, video_id: UUID | str) -> None:
    """Remove a video's folder in a room, if nothing is left in it."""
    if is_local():
        with suppress(OSError):
            (root() / room / str(UUID(str(video_id)))).rmdir()
