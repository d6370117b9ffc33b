"""Videos and what belongs to them: renditions and captions."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class VideoState(models.IntegerChoices):
    """Where a video stands (PeerTube's numbers)."""

    PUBLISHED = 1, "Published"
    TO_TRANSCODE = 2, "To transcode"
    TO_IMPORT = 3, "To import"
    WAITING_FOR_LIVE = 4, "Waiting for livestream"
    LIVE_ENDED = 5, "Livestream ended"
    MOVING_TO_STORAGE = 6, "Moving to storage"
    TRANSCODING_FAILED = 7, "Transcoding failed"
    MOVING_FAILED = 8, "Moving failed"
    TO_EDIT = 9, "To edit"


class Video(models.Model):
    """One video of a user's. Names are keys of the `videos` storage, "" where there is none.

    `progress` is a percentage that only grows within a `round` of work (an upload, an edit,
    a new ladder). `cut` counts the edits that the source has been through: what was made of
    one cut is never served with what was made of another. `master_revision` grows with what
    the master lists: whoever writes one names the revision it was made from, which is then the
    `mastered_revision`: a master is stale while the two differ. `growing` names the attempt
    whose output is served while it grows: `{"job", "attempt", "master"}`; it counts only while
    that attempt has its lease.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="videos"
    )
    name = models.CharField(max_length=120)
    state = models.PositiveSmallIntegerField(choices=VideoState, default=VideoState.TO_TRANSCODE)
    language = models.CharField(max_length=16, blank=True)
    destination = models.CharField(max_length=255, blank=True, help_text="A label; no place.")
    is_private = models.BooleanField(default=False)
    is_live = models.BooleanField(default=False)
    is_playable = models.BooleanField(default=False)
    progress = models.FloatField(default=0.0)
    round = models.PositiveIntegerField(default=1)
    cut = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    warnings = models.JSONField(default=list, blank=True)

    source_name = models.CharField(max_length=255, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    duration_s = models.FloatField(default=0.0)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    fps = models.FloatField(null=True)
    bitrate_bps = models.BigIntegerField(null=True)
    has_video = models.BooleanField(default=False)
    has_audio = models.BooleanField(default=False)
    probe = models.JSONField(default=dict, help_text="What ffprobe said of the source.")

    thumbnail_name = models.CharField(max_length=255, blank=True)
    preview_name = models.CharField(max_length=255, blank=True)
    storyboard = models.JSONField(null=True, help_text="`name` and the five sizes of 4.6.")
    master_name = models.CharField(max_length=255, blank=True)
    hashes_name = models.CharField(max_length=255, blank=True)
    master_revision = models.PositiveIntegerField(default=0)
    mastered_revision = models.PositiveIntegerField(default=0)
    growing = models.JSONField(null=True)

    revision = models.PositiveIntegerField(default=0, help_text="Grows with every change.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="video_progress_is_a_percentage",
                condition=Q(progress__gte=0.0) & Q(progress__lte=100.0),
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="video_owner_newest"),
            models.Index(fields=["state", "updated_at"], name="video_state"),
        ]

    def __str__(self) -> str:
        return self.name


class FileKind(models.TextChoices):
    """How a rendition is packaged."""

    HLS = "hls", "HLS, one fragmented MP4"
    WEB = "web", "Progressive MP4"


class VideoFile(models.Model):
    """One rendition. `resolution` is the shorter side, 0 for audio; rates are bits a second.

    `is_remux` marks the copy of the source that is published before any encode. `cut` is the
    video's cut that it was made of.
    `segment_hashes` is the rendition's part of the SHA-256 file (4.9).
    """

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=8, choices=FileKind)
    resolution = models.PositiveIntegerField()
    fps = models.PositiveIntegerField()
    is_remux = models.BooleanField(default=False)
    cut = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=255)
    playlist_name = models.CharField(max_length=255, blank=True)
    size_bytes = models.BigIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    has_video = models.BooleanField()
    has_audio = models.BooleanField()
    average_bps = models.BigIntegerField(default=0)
    peak_bps = models.BigIntegerField(default=0)
    codecs = models.JSONField(default=list, help_text="RFC 6381, one a stream.")
    probe = models.JSONField(default=dict)
    segment_hashes = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-resolution", "-fps", "-created_at"]
        constraints = [models.UniqueConstraint(name="video_file_once", fields=["video", "name"])]
        indexes = [models.Index(fields=["video", "kind"], name="video_files")]

    def __str__(self) -> str:
        return f"{self.resolution}p of {self.video_id}"


class Caption(models.Model):
    """Subtitles of a video in one language (WebVTT)."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="captions")
    language = models.CharField(max_length=16)
    name = models.CharField(max_length=255)
    is_automatic = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["language"]
        constraints = [models.UniqueConstraint(name="caption_unique", fields=["video", "language"])]

    def __str__(self) -> str:
        return f"{self.language} of {self.video_id}"


class Discarded(models.Model):
    """A stored file that is offered no more, kept until `due_at` for players that are open."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="discarded")
    name = models.CharField(max_length=255)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="video_discarded")]

    def __str__(self) -> str:
        return self.name
