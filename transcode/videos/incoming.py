"""Files that lie in the storage already and are named by a path (transcode contract, 6)."""

import re
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings

from core.accounts.models import User
from core.media.errors import NotAvailable, PathOutsideRoot
from core.media.paths import confine, open_confined
from transcode.videos import storage
from transcode.videos.errors import BadPath, NotFound

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
MAX_CHARS = 1000
NO_FILE = "There is no such file in the storage."


def open_named(user: User, path: str) -> BinaryIO:
    """Open a file of the storage that a user may read, by its path relative to the root.

    Staff may read any. Raises: `BadPath`, `NotFound` (for someone else's file too).
    """
    require_plain(path)
    if not user.is_staff and not _is_readable(user, path):
        raise NotFound(NO_FILE)
    if not storage.is_local():
        if not storage.exists(path):
            raise NotFound(NO_FILE)
        return storage.open_stored(path)
    try:
        real = confine(storage.root(), path)
    except PathOutsideRoot as error:
        raise BadPath from error
    relative = str(real.relative_to(storage.root().resolve()))
    # A link that stays inside must not lead into somebody else's folder either.
    if not user.is_staff and not _is_readable(user, relative):
        raise NotFound(NO_FILE)
    try:
        return open_confined(storage.root(), relative)
    except NotAvailable as error:
        raise NotFound(NO_FILE) from error


def require_plain(path: str) -> None:
    """Refuse what is no path inside of the storage. Raises: `BadPath`."""
    parts = path.split("/")
    is_odd = "\\" in path or "\0" in path or path.startswith("/") or len(path) > MAX_CHARS
    if is_odd or not path.strip() or ".." in parts or _SCHEME.match(path):
        raise BadPath
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise BadPath from error


def _is_readable(user: User, path: str) -> bool:
    """Return whether the path lies in one of `TRANSCODE_PATH_ROOTS`."""
    wanted = PurePosixPath(path)
    roots = (root.replace("{user}", str(user.pk)) for root in settings.TRANSCODE_PATH_ROOTS)
    return any(wanted.is_relative_to(PurePosixPath(root)) for root in roots)
