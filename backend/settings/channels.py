"""Redis: the channel layer and the cache (docs/operations.md says what losing it costs)."""

import hashlib
import os
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from backend.settings import env
from backend.settings.base import DATA_DIR

_UNIX_PATH_MAX = 107
# Not the system's TMPDIR: the processes differ in it, and have to find the same socket.
_SHORT = Path("/tmp")  # noqa: S108 - the folder in it is checked to be ours


def _embedded_socket(data_dir: Path) -> Path:
    """Return the private Redis' socket: in `data_dir` unless its path is too long (unix(7))."""
    path = data_dir / "redis.sock"
    if len(str(path).encode()) <= _UNIX_PATH_MAX:
        return path
    name = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return _own_folder(_SHORT / f"medialoom-{os.getuid()}-{name}") / "redis.sock"


def _own_folder(folder: Path) -> Path:
    """Make a folder where everybody may write, and refuse one that somebody else has made.

    Raises: `ImproperlyConfigured`.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_ours or stat.S_IMODE(found.st_mode) & 0o077:
        raise ImproperlyConfigured(f"DATA_DIR is too long a path, and {folder} is not ours alone.")
    return folder


REDIS_SOCKET = _embedded_socket(DATA_DIR)
_SECOND_NAME = env.redis_url("REDIS_CONNECTION_STRING")  # the Media API contract's
_CONFIGURED = env.redis_url("REDIS_URL") or _SECOND_NAME
REDIS_IS_EMBEDDED = not _CONFIGURED
REDIS_URL = _CONFIGURED or f"unix://{REDIS_SOCKET}"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "medialoom"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "medialoom",
    }
}
