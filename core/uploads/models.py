"""The table of uploads. Its status is a view over its job's (`core.uploads.status`)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.jobs.models import Job


class OutputFormat(models.TextChoices):
    """How `processed_text` is laid out."""

    RAW = "raw"
    PARAGRAPH = "paragraph"


class OcrMode(models.TextChoices):
    """How much work recognition may cost."""

    FAST = "fast"
    HIGH_ACCURACY = "high_accuracy"


class Upload(models.Model):
    """One file a user handed in, and the text read from it.

    `job` is the newest recognition; null means that none was asked for. A failed
    reprocess falls back to `status_before`. `runs_before` counts the attempts of
    earlier jobs, so that `run` rises over all of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads"
    )
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    status_before = models.CharField(max_length=16, blank=True, editable=False)
    runs_before = models.PositiveIntegerField(default=0, editable=False)

    stored_name = models.CharField(max_length=255, editable=False)
    image_hash = models.CharField(max_length=64, editable=False)
    filename = models.CharField(max_length=255, blank=True)
    mime_type = models.CharField(max_length=64, editable=False)
    size_bytes = models.BigIntegerField(editable=False)
    page_count = models.PositiveIntegerField(null=True, editable=False)

    auto_language_detection = models.BooleanField(default=True)
    language_hint = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - the contract shows null
    output_format = models.CharField(max_length=16, choices=OutputFormat, default=OutputFormat.RAW)
    ocr_mode = models.CharField(max_length=16, choices=OcrMode, default=OcrMode.FAST)

    detected_language = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001
    confidence = models.FloatField(null=True, editable=False)
    engine = models.CharField(max_length=32, null=True, editable=False)  # noqa: DJ001
    raw_text = models.TextField(null=True, blank=True)  # noqa: DJ001 - null until processed
    processed_text = models.TextField(null=True, blank=True)  # noqa: DJ001 - likewise
    search_text = models.TextField(default="", editable=False, help_text="Both texts, casefolded.")
    pages = models.JSONField(null=True, editable=False)
    followup_qa = models.JSONField(default=list, blank=True)

    is_deleted = models.BooleanField(default=False, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    processed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="upload_content_unique_per_owner",
                fields=["owner", "image_hash"],
                condition=Q(is_deleted=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["owner", "-created_at", "-id"],
                name="upload_owner_newest",
                condition=Q(is_deleted=False),
            ),
            models.Index(
                fields=["deleted_at"], name="upload_deleted", condition=Q(is_deleted=True)
            ),
        ]

    def __str__(self) -> str:
        return self.filename or str(self.id)
