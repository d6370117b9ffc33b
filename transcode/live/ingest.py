"""The ingest: a small process that has nginx listen while a session exists.

It starts nginx when the first stream is announced and ends it after the last is over, lets
connections in (`door`), and has each stream that comes looked at (`starting`). Nothing is
kept in its memory that matters: killed, it takes nginx along, and the next one begins with
nobody sending.
"""

import logging
import tempfile
import threading
import time
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connections

from core.errors import JobError
from core.media import process
from core.media.process import Limits
from transcode.live import door, rtmp_server, sessions, starting

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 0.5
# A port that is taken, or a server that dies at once, is not tried more often.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
FOREVER = Limits(wall_s=float("inf"))


class _NotWanted(Exception):  # noqa: N818 - it says what happened
    """No session is left."""


def serve() -> None:
    """Do it for ever. Whoever wants it to end ends the process."""
    with (
        tempfile.TemporaryDirectory(prefix="live-", dir=settings.DATA_DIR) as made,
        door.opened() as asked_at,
    ):
        pause_s = FIRST_PAUSE_S
        while True:
            server = rtmp_server.installed()
            if server and is_wanted():
                configuration = rtmp_server.write_configuration(server, Path(made), asked_at)
                pause_s = _listen(rtmp_server.command(server, configuration), pause_s)
            # Sessions are rows: a look now and then is all it takes to hear of one.
            time.sleep(LOOK_EVERY_S)


def is_wanted() -> bool:
    """Return whether there is a session; a database that is away says no."""
    try:
        return sessions.is_ingest_wanted()
    except AnyDatabaseError:
        connections.close_all()
        return False


def _listen(command: list[str], pause_s: float) -> float:
    """Run nginx until it is wanted no more or dies; return how long to wait before the next."""
    watch = _Watch()
    began_at = time.monotonic()
    try:
        sessions.nobody_publishes()
        process.run(command, limits=FOREVER, check=watch.look)
    except _NotWanted:
        return FIRST_PAUSE_S
    except AnyDatabaseError as error:
        logger.warning("the live ingest waits for the database: %s", type(error).__name__)
        connections.close_all()
    except (JobError, OSError) as error:
        said = getattr(error, "tail", ())[-1:]
        logger.warning("the server of live streams ended: %s %s", error, "".join(said))
    if time.monotonic() - began_at > LONGEST_PAUSE_S:
        return FIRST_PAUSE_S  # It has run for a while: it starts again at once.
    # Nothing tells when the port will be free.
    time.sleep(pause_s)
    return min(LONGEST_PAUSE_S, 2 * pause_s)


class _Watch:
    """What is looked at while nginx runs."""

    def __init__(self) -> None:
        self._looked_at = 0.0
        self._starting: set[UUID] = set()

    def look(self) -> None:
        """Begin what has come. Raises: `_NotWanted` when no session is left."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            if not sessions.is_ingest_wanted():
                raise _NotWanted
            fresh = set(sessions.to_start()) - self._starting
        except AnyDatabaseError:
            connections.close_all()
            return
        for video_id in fresh:
            self._starting.add(video_id)
            threading.Thread(target=self._start, args=[video_id], daemon=True).start()

    def _start(self, video_id: UUID) -> None:
        try:
            starting.start(video_id)
        except AnyDatabaseError as error:
            logger.warning("a live stream waits for the database: %s", type(error).__name__)
        finally:
            self._starting.discard(video_id)
            connections.close_all()
