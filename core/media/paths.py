"""Names and paths that come from outside, and files that appear whole or not at all.

A name from a client is a label, never a path. A path is followed only inside its root.
"""

import contextlib
import logging
import os
import re
import secrets
import shutil
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from core.media.errors import NotAvailable, PathOutsideRoot

logger = logging.getLogger(__name__)

# A file of this name that nobody writes any more was left by a killed process.
TEMPORARY_PREFIX = ".medialoom-tmp-"
FOLDER_TRIES = 20

_MAX_EXTENSION_BYTES = 16
# Control characters, lone surrogates, line and paragraph separators, unassigned code points.
_DROPPED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp", "Cn"}
# They turn the order of what follows: "gpj.exe" shows as "exe.jpg" (Unicode UAX #9).
_BIDI_CONTROLS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DROPPED = _BIDI_CONTROLS | {"\ufeff"}

_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def clean_filename(name: str, *, default: str = "file", max_bytes: int = 150) -> str:
    r"""Make a label from a client's file name: its base name, in NFC, at most `max_bytes` of UTF-8.

    Both `/` and `\` separate. What could hide, break a line, or pass for an option or a hidden
    file is dropped; the extension survives the cutting. An empty result becomes `default`.
    """
    kept = "".join(char for char in name if not _is_dropped(char))
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", kept))[-1]
    base = _trimmed(re.sub(r"^[\s.\-]+", "", base))
    return _bounded(base, max_bytes) or default


def _is_dropped(char: str) -> bool:
    return char in _DROPPED or unicodedata.category(char) in _DROPPED_CATEGORIES


def _bounded(name: str, max_bytes: int) -> str:
    """Cut the stem, never inside a character, so that the whole fits."""
    if len(name.encode()) <= max_bytes:
        return name
    stem, extension = os.path.splitext(name)  # noqa: PTH122 - a label is no path
    if len(extension.encode()) > min(_MAX_EXTENSION_BYTES, max_bytes - 1):
        stem, extension = name, ""
    cut = stem.encode()[: max_bytes - len(extension.encode())].decode(errors="ignore")
    return _trimmed(cut) + extension if _trimmed(cut) else ""


def _trimmed(name: str) -> str:
    """Drop spaces of any width, and dots, at the end; a pattern would take the square of them."""
    end = len(name)
    while end and (name[end - 1].isspace() or name[end - 1] == "."):
        end -= 1
    return name[:end]


def confine(root: Path, *parts: str) -> Path:
    """Resolve a path, links included, that must lie in `root` or be it. It need not exist.

    Raises: PathOutsideRoot.
    """
    try:
        real_root = root.resolve()
        path = real_root.joinpath(*parts).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, a surrogate, a loop of links
        raise PathOutsideRoot from error
    if not path.is_relative_to(real_root):
        raise PathOutsideRoot
    return path


def open_confined(root: Path, relative: str) -> BinaryIO:
    """Open a regular file below `root` for reading. Links may lead about inside, not out.

    Each folder is opened from the one above without following links, so that nobody can swap one
    between the look and the opening.

    Raises: NotAvailable, for whatever reason.
    """
    try:
        path = confine(root, relative)
        return _open_below(root.resolve(), path.relative_to(root.resolve()).parts)
    except (OSError, ValueError, PathOutsideRoot) as error:
        raise NotAvailable from error


def _open_below(root: Path, parts: tuple[str, ...]) -> BinaryIO:
    if not parts:
        raise NotAvailable
    folder = os.open(root, _FOLDER_FLAGS)
    try:
        for name in parts[:-1]:
            deeper = os.open(name, _FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = deeper
        # Looked at first because opening a device may already act on it.
        _require_regular(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False))
        handle = os.open(parts[-1], _READ_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        _require_regular(os.fstat(handle))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotAvailable


def file_url(path: str | os.PathLike[str]) -> str:
    """The address of a local file for ffmpeg, which takes all that follows `file:` as it is."""
    return f"file:{Path(path).absolute()}"


def write_atomic(target: Path, chunks: Iterable[bytes], mode: int = 0o640) -> int:
    """Write a file so that it is only ever seen whole, even after a crash. Returns its bytes.

    If we die on the way, a file named with TEMPORARY_PREFIX stays in the folder.
    """
    temporary = target.with_name(TEMPORARY_PREFIX + secrets.token_hex(8))
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            size_bytes = sum(file.write(chunk) for chunk in chunks)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    return size_bytes


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder last through a loss of power (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, mode: int = 0o750) -> None:
    """Make a folder, and those above it, so that their names last through a loss of power."""
    tries_left = FOLDER_TRIES
    while not folder.is_dir():
        make_folder(folder.parent, mode)
        try:
            folder.mkdir(mode=mode, exist_ok=True)
            sync_folder(folder.parent)
        except (FileNotFoundError, FileExistsError):  # Somebody removed an empty one just now.
            tries_left -= 1
            if not tries_left:
                raise


@contextlib.contextmanager
def scratch(root: Path, name: str) -> Iterator[Path]:
    """A private folder for one attempt, removed afterwards. A dead attempt's leavings go first.

    Raises: PathOutsideRoot when `name` is not a single plain name.
    """
    if not name or name in (".", "..") or any(char in name for char in "/\\\0"):
        raise PathOutsideRoot
    root.mkdir(parents=True, exist_ok=True)
    folder = root.resolve() / name
    _remove(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        try:
            _remove(folder)
        except OSError:  # It must not hide how the work itself ended.
            logger.exception("a scratch folder could not be removed")


def _remove(path: Path) -> None:
    """Remove a file, a link (not what it points to) or a whole folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
