"""The table of requests. What became of one is read from its job (`media_api.states`)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.jobs.models import Job


class RequestType(models.TextChoices):
    """Which route a request came by."""

    COMPRESS = "compress"
    TRANSCRIBE = "transcribe"
    EXTRACT_AUDIO = "extract_audio"
    SUMMARIZE = "summarize"
    CUSTOM = "custom"
    EXTRACT_TEXT = "extract_text"


ROUTES = {
    "compress": RequestType.COMPRESS,
    "extract-audio": RequestType.EXTRACT_AUDIO,
    "transcribe": RequestType.TRANSCRIBE,
    "summarize": RequestType.SUMMARIZE,
    "custom": RequestType.CUSTOM,
    "file-to-text": RequestType.EXTRACT_TEXT,
}
"""The routes by the last part of their addresses."""


class InputType(models.TextChoices):
    """Where the input comes from: a path of this server, a link, or bytes that were sent."""

    PATH = "path"
    URL = "url"
    BLOB = "blob"


class Unmade(models.TextChoices):
    """Why a stage has no outputs though its turn has passed."""

    FAILED = "failed"
    SKIPPED = "skipped"


class MediaRequest(models.Model):
    """One input and what is to be done with it. Its `rid` is the id in 32 hexadecimal digits.

    `config` is what was asked for, complete: the defaults of the moment are in it. `stages`
    are named by the worker that has looked at the input, until then there are none.
    `unmade` says why some of them have come to nothing in the newest attempt (`Unmade`).
    `outputs` are `{"name", "size_bytes", "sha256"}`, in the order in which they were made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="media_request")
    request_type = models.CharField(max_length=16, choices=RequestType)
    actions = models.JSONField(default=list)
    config = models.JSONField(default=dict)
    input_type = models.CharField(max_length=8, choices=InputType)
    input_value = models.TextField(blank=True, help_text="A path, a link, or what names the bytes.")
    original_name = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64)

    stages = models.JSONField(default=list)
    unmade = models.JSONField(default=dict)
    outputs = models.JSONField(default=list)

    idempotency_scope = models.CharField(max_length=64, default="", help_text="Whose key it is.")
    idempotency_key = models.CharField(max_length=128, null=True)  # noqa: DJ001 - NULL is "no key"
    idempotency_digest = models.CharField(max_length=64, default="")
    client = models.CharField(
        max_length=64, default="", help_text="Which address asked for it, without an account."
    )
    webhook_url = models.TextField(default="")
    webhook_secret = models.CharField(max_length=255, default="")
    webhook_job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="request_idempotency_key_unique",
                fields=["idempotency_scope", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="request_owner_newest"),
            models.Index(fields=["created_at"], name="request_created"),
        ]

    def __str__(self) -> str:
        return self.rid

    @property
    def rid(self) -> str:
        """The request's id as clients know it."""
        return self.id.hex
