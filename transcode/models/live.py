"""Live streams as long as something of them is there: who may send, who may read."""

from django.db import models
from django.utils import timezone

from transcode.models.videos import Video


class LiveSession(models.Model):
    """One live stream, from its announcement until its chunks are removed.

    Its key opens it and dies with it; `publisher_hash` and `reader_hash` are SHA-256 in hex.
    `slot` is held while it is open: as many as there may be sessions. `publisher` is the
    ingest's number of the connection that sends, "" while nobody does.

    It walks through four times: `started_at` the stream is there and its job was queued;
    `ended_at` nothing more is taken of it; `closed_at` its playlists are complete and what
    comes of it is decided; after `files_due_at` its files and this row go.
    """

    video = models.OneToOneField(
        Video, primary_key=True, on_delete=models.CASCADE, related_name="live_session"
    )
    slot = models.PositiveSmallIntegerField(null=True, unique=True)
    publisher_hash = models.CharField(max_length=64, unique=True, editable=False)
    # NULL while there is no reader: "" would be unique too.
    reader_hash = models.CharField(  # noqa: DJ001
        max_length=64, null=True, unique=True, editable=False
    )
    address = models.CharField(max_length=255, help_text="Of the ingest, without a key.")
    keeps_replay = models.BooleanField(default=True)
    is_low_latency = models.BooleanField(default=False)
    publisher = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True, help_text="Why it ended, unless it just did.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    files_due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["closed_at"], name="live_closed")]

    def __str__(self) -> str:
        return f"live {self.video_id}"
