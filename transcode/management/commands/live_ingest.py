"""`manage.py live_ingest`: the process that takes live streams in (RTMP)."""

from typing import Any

from django.core.management.base import BaseCommand

from transcode.live import ingest


class Command(BaseCommand):
    """Listen on TRANSCODE_LIVE_RTMP_PORT while a live session exists, until told to stop."""

    help = "Take live streams in; the process manager runs it (TRANSCODE_LIVE_RTMP_PORT)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it until the process ends."""
        ingest.serve()
