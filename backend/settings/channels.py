"""Redis: the channel layer and the cache (docs/operations.md says what losing it costs)."""

import hashlib
import tempfile
from pathlib import Path

from backend.settings import env
from backend.settings.base import DATA_DIR

_UNIX_PATH_MAX = 107


def _embedded_socket(data_dir: Path) -> Path:
    """Return the private Redis' socket: in `data_dir` unless its path is too long (unix(7))."""
    path = data_dir / "redis.sock"
    if len(str(path).encode()) <= _UNIX_PATH_MAX:
        return path
    short = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"medialoom-{short}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "redis.sock"


REDIS_SOCKET = _embedded_socket(DATA_DIR)
_CONFIGURED = env.text("REDIS_URL", "")
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
