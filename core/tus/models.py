"""The table of resumable uploads."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.tus.metadata import metadata_of


class Status(models.TextChoices):
    """How far an upload is."""

    RECEIVING = "receiving"
    # Every byte is there; the purpose is taking them. Who dies here leaves it to the next.
    COMPLETING = "completing"
    COMPLETE = "complete"
    # Nothing is left but the memory that it was there.
    EXPIRED = "expired"


UNFINISHED = (Status.RECEIVING, Status.COMPLETING)


def next_expiry() -> datetime:
    """Return when an upload that is touched now will have been left alone for too long."""
    return timezone.now() + timedelta(seconds=settings.UPLOAD_EXPIRY_S)


class TusUpload(models.Model):
    """One resumable upload.

    While it is received the size of its file is the truth and `offset_bytes` may lag behind
    it; only while a chunk awaits its checksum (`is_checking`) is it the other way round.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tus_uploads"
    )
    purpose = models.CharField(max_length=32, editable=False)
    metadata_header = models.TextField(
        blank=True, editable=False, help_text="`Upload-Metadata` as it came."
    )
    length_bytes = models.BigIntegerField(editable=False)
    offset_bytes = models.BigIntegerField(default=0, editable=False)
    is_checking = models.BooleanField(default=False, editable=False)
    status = models.CharField(
        max_length=16, choices=Status, default=Status.RECEIVING, editable=False
    )
    resource = models.CharField(
        max_length=255, blank=True, editable=False, help_text="API address of what it becomes."
    )
    client_ip = models.GenericIPAddressField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(default=next_expiry, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="tus_offset_within_length",
                condition=Q(offset_bytes__gte=0, offset_bytes__lte=F("length_bytes")),
            )
        ]
        indexes = [
            models.Index(fields=["owner", "status"], name="tus_owner_status"),
            models.Index(fields=["status", "expires_at"], name="tus_expiring"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"

    @property
    def metadata(self) -> dict[str, str]:
        """Return what the client says of its file, by key."""
        return metadata_of(self.metadata_header)

    @property
    def filename(self) -> str:
        """Return the client's name for the file: a label, never a path; may be empty."""
        return self.metadata.get("filename", "")

    @property
    def filetype(self) -> str:
        """Return the media type that the client claims; may be empty."""
        return self.metadata.get("filetype", "")
