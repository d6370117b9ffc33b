"""Whether there is room for one more request, looked at before its bytes come.

The queue, and what of a client's is in it or at work, is counted again under the queue's lock
when the request is made (`submitting`).
"""

import shutil
from pathlib import Path

from django.conf import settings

from core.accounts.models import User
from core.api.throttles import SlidingWindow
from core.errors import Throttled
from media_api import storage
from media_api.config.schema import Config
from media_api.services.errors import DiskFull, QueueFull, TooManyActive
from media_api.services.submitting import has_active, is_full

MINUTE_S = 60


def require_turn(user: User | None, client: str, config: Config) -> None:
    """Count one post of a user's, or of an address's. Raises: `Throttled`."""
    window = SlidingWindow("media.posts", config.limits.posts_per_minute, MINUTE_S)
    taken = window.take(str(user.pk) if user else client)
    if not taken.allowed:
        raise Throttled(taken.retry_after_s)


def require_place(user: User | None, client: str, config: Config) -> None:
    """Look whether one more of a client's may wait. Raises: `TooManyActive`, `QueueFull`."""
    limit = config.limits.active_per_user
    if limit and has_active(user, client, limit):
        raise TooManyActive
    if is_full(config.requests_queue_size):
        raise QueueFull


def require_disk(least_bytes: int) -> None:
    """Look whether there is so much room on the disk. Raises: `DiskFull`."""
    if shutil.disk_usage(_existing(storage.root())).free < least_bytes:
        raise DiskFull


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else Path(settings.DATA_DIR)
