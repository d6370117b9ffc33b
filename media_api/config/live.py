"""The settings of now: each process looks at the file's time and reads it again when it changed."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from media_api.config.file import ConfigError, load, read
from media_api.config.schema import RESTART_KEYS, Config, value_of, with_values

EVERY_S = 5.0

logger = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None


def current() -> Config:
    """Return the settings of now; a file that became invalid leaves the last good ones."""
    live: Live = settings.MEDIA_API_CONFIG
    return live.current()


class Live:
    """One file's settings, followed through its changes.

    There is no lock: two threads that find a change at once read it twice and agree. A lock would
    be inherited locked by a worker that is forked at the wrong moment.

    Raises: ConfigError from the first reading alone.
    """

    def __init__(
        self,
        path: Path,
        secrets: Mapping[str, str] | None = None,
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._secrets = path, dict(secrets or {})
        self._every_s, self._clock = every_s, clock
        # Before the reading: what is changed meanwhile is found at the first look.
        self._seen = self._stamp()
        self._config = load(path, self._secrets)
        self._at_start = {key: value_of(self._config, key) for key in RESTART_KEYS}
        self._next_look_s = clock() + every_s

    def current(self) -> Config:
        """Return the settings; the file is looked at once in `every_s`."""
        now_s = self._clock()
        if now_s >= self._next_look_s:
            self._next_look_s = now_s + self._every_s
            self._look()
        return self._config

    def _look(self) -> None:
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            fresh = read(self._path, self._secrets)
        except ConfigError as error:
            logger.error("%s The settings from before stay.", error)
            return
        waiting = [key for key, value in self._at_start.items() if value_of(fresh, key) != value]
        if waiting:
            logger.warning("%s: takes effect at the next start", ", ".join(waiting))
        self._config = with_values(fresh, self._at_start)

    def _stamp(self) -> Stamp:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
