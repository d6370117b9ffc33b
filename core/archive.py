"""The one zip writer: flat archives whose bytes depend on nothing but their members.

Media are stored, since they do not shrink; text is deflated. Archives and members may be larger
than 4 GiB (zip64).
"""

import os
import re
import stat
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from core.media.paths import TEMPORARY_PREFIX, sync_folder

DEFLATED = frozenset({".txt", ".md", ".srt", ".vtt", ".json", ".csv", ".log"})
MODE = 0o600

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}", re.ASCII)
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time a zip file can tell (APPNOTE 4.4.6)."""
_COPY_BYTES = 2**20
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def write_zip(
    target: Path,
    members: Sequence[tuple[str, Path]],
    *,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Write an archive of files under plain names, seen whole or not at all. Returns its bytes.

    `check` is called once a mebibyte and may raise, to give up. If we die on the way, a file named
    with `TEMPORARY_PREFIX` stays in the folder.

    Raises: ValueError for a name that is not plain or is there twice, or a member that is no
    regular file; OSError, for a link too.
    """
    _require_plain([name for name, _ in members])
    temporary = target.with_name(TEMPORARY_PREFIX + token_hex(8))
    try:
        size_bytes = _write(temporary, members, check)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):  # It must not hide what went wrong.
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    return size_bytes


def _require_plain(names: Sequence[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name) or ".." in name:
            raise ValueError(f"{name!r} is no plain name")
    # Where a viewer unpacks them, names may be the same but for the case.
    if len({name.lower() for name in names}) != len(names):
        raise ValueError("a name is there twice")


def _write(path: Path, members: Sequence[tuple[str, Path]], check: Callable[[], None]) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, source in members:
                _add(archive, name, source, check)
        file.flush()
        os.fsync(file.fileno())
        return file.seek(0, os.SEEK_END)


def _add(archive: zipfile.ZipFile, name: str, source: Path, check: Callable[[], None]) -> None:
    """Add one file. Its time, its rights and the system that wrote it are always the same."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3  # Unix, whose rights these are
    info.external_attr = 0o100644 << 16
    is_text = Path(name).suffix in DEFLATED
    info.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
    with _open_regular(name, source) as file:
        # Told beforehand, so that room is made for a size beyond 4 GiB only where it is needed.
        info.file_size = os.fstat(file.fileno()).st_size
        with archive.open(info, "w") as member:
            while data := file.read(_COPY_BYTES):
                check()
                member.write(data)


def _open_regular(name: str, source: Path) -> BinaryIO:
    handle = os.open(source, _READ_FLAGS)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError(f"the member {name} is no regular file")
    return os.fdopen(handle, "rb")
