"""Where uploads' files lie: `<owner>/<hash[:2]>/<hash><ext>` below `uploads/` in the storage.

A name is made of an owner and a hash alone, so equal bytes of one owner are one file,
which is never rewritten. New bytes wait in a local folder beside the finished files; when
they are moved into place their temporary name says where to, and it goes only after the
row is there. A process killed in between leaves that name behind, and the sweep removes
what no row stands for. Files are placed, and removed, while the owner's row is locked
(`core.uploads.quota`, `locked_owner`): a purge cannot take away what a create has found.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from core.accounts.models import User
from core.media.paths import make_folder, sync_folder
from core.stored import StoredFile
from core.uploads.models import Upload

FOLDER = "uploads"
INCOMING = ".incoming"
STRAY_AFTER = timedelta(hours=6)
FILE_MODE = 0o640
_SEPARATOR = "~"


@dataclass(frozen=True)
class Incoming:
    """A temporary file and the open handle that fills it."""

    path: Path
    file: BinaryIO


def is_local() -> bool:
    """Return whether finished files lie in a local folder."""
    return bool(settings.MEDIA_STORAGE == "file")


def root() -> Path:
    """Return the local folder of finished files."""
    return Path(settings.MEDIA_ROOT) / FOLDER


def stored_name(owner_id: UUID, sha256: str, extension: str) -> str:
    """Return the key of a file, relative to the root of uploads."""
    return f"{owner_id}/{sha256[:2]}/{sha256}{extension}"


@contextmanager
def incoming() -> Iterator[Incoming]:
    """Make a temporary file, readable by nobody else until it is placed; it goes with the block."""
    folder = root() / INCOMING
    make_folder(folder)
    path = folder / f"{secrets.token_hex(16)}.part"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield Incoming(path, file)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def placed(path: Path, name: str) -> Iterator[Callable[[], None]]:
    """Put a finished temporary file in its place; the block then makes the row.

    The block gets a function to call under the owner's lock: it puts the file back if a
    purge took it since. When the block fails, the file goes again unless a row stands for it.
    """
    marker = path.with_name(path.stem + _SEPARATOR + name.replace("/", _SEPARATOR))
    path.rename(marker)
    try:
        _put(marker, name)
        yield partial(_put, marker, name)
    except BaseException:
        remove_unused(name)
        raise
    finally:
        # Back under its first name: whoever made it removes it.
        marker.rename(path)


def _put(source: Path, name: str) -> None:
    if exists(name):
        return
    if not is_local():
        with source.open("rb") as file:
            default_storage.save(f"{FOLDER}/{name}", File(file))
        return
    target = root() / name
    make_folder(target.parent)
    source.chmod(FILE_MODE)
    try:
        os.link(source, target)
    except FileExistsError:
        return  # The same bytes, a moment earlier.
    sync_folder(target.parent)


def exists(name: str) -> bool:
    """Return whether the file is there."""
    if is_local():
        return (root() / name).is_file()
    return bool(default_storage.exists(f"{FOLDER}/{name}"))


def open_stored(name: str) -> BinaryIO:
    """Open a file for reading, seekable. Raises: `TemporaryFailure` when it cannot be read."""
    return _stored(name).open()


def local_file(name: str) -> AbstractContextManager[Path]:
    """Give the path of a file on this machine; a bucket's is copied for as long as the block.

    Raises: `TemporaryFailure` when it cannot be read.
    """
    return _stored(name).on_this_machine()


def _stored(name: str) -> StoredFile:
    path = root() / name if is_local() else None
    return StoredFile(default_storage, f"{FOLDER}/{name}", path, "engine_failed")


@contextmanager
def locked_owner(owner_id: UUID | str) -> Iterator[None]:
    """Hold an owner's row for a transaction, so that files are placed and removed in turn."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=owner_id).first()
        yield


def remove_unused(name: str) -> None:
    """Remove a file that no row stands for, deleted rows counted."""
    with locked_owner(name.partition("/")[0]):
        if not Upload.objects.filter(stored_name=name).exists():
            remove(name)


def remove(name: str) -> None:
    """Remove a file, if it is there. The caller holds the owner's row."""
    if is_local():
        (root() / name).unlink(missing_ok=True)
    else:
        default_storage.delete(f"{FOLDER}/{name}")


def remove_all_of(user_id: UUID | str) -> None:
    """Remove every file of an account that is gone, with its folders."""
    owner = str(UUID(str(user_id)))
    if is_local():
        shutil.rmtree(root() / owner, ignore_errors=True)
        return
    folders, _ = default_storage.listdir(f"{FOLDER}/{owner}")
    for folder in folders:
        for name in default_storage.listdir(f"{FOLDER}/{owner}/{folder}")[1]:
            remove(f"{owner}/{folder}/{name}")


def remove_orphans() -> int:
    """Remove what killed processes and accounts have left behind; return how many things."""
    return _sweep_incoming() + _sweep_gone_owners()


def _sweep_incoming() -> int:
    """Remove temporary files that nobody fills any more, and what they were placed as."""
    before = (timezone.now() - STRAY_AFTER).timestamp()
    swept = 0
    for path in (root() / INCOMING).glob("*"):
        if path.stat().st_mtime >= before:
            continue
        parts = path.name.split(_SEPARATOR)[1:]
        if len(parts) == 3:
            remove_unused("/".join(parts))
        path.unlink(missing_ok=True)
        swept += 1
    return swept


def _sweep_gone_owners() -> int:
    """Remove the folders of accounts that are gone."""
    if not is_local() or not root().is_dir():
        return 0
    names = [path.name for path in root().iterdir() if path.name != INCOMING]
    gone = set(names) - {str(pk) for pk in User.objects.values_list("pk", flat=True).iterator()}
    for name in gone:
        shutil.rmtree(root() / name, ignore_errors=True)
    return len(gone)
