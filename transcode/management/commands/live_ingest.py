"""`manage.py live_ingest`: the process that takes live streams in (RTMP)."""

import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand

from transcode.live import ingest


class Command(BaseCommand):
    """Listen on TRANSCODE_LIVE_RTMP_PORT while a live session exists, until told to stop."""

    help = "Take live streams in; the process manager runs it (TRANSCODE_LIVE_RTMP_PORT)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it until the process ends."""
        # Told to stop it unwinds: its nginx ends, and its folder goes.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        ingest.serve()
