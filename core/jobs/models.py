"""The two tables of the job kernel. Only `core.jobs.lifecycle` writes a status."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Status(models.TextChoices):
    """The five states of a job; what an app's contract shows is a view over them."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (Status.QUEUED, Status.RUNNING)
FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


class Job(models.Model):
    """One unit of background work, of any kind. `progress` is a fraction, 0.0 to 1.0."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="jobs"
    )
    kind = models.CharField(max_length=64)
    queue = models.CharField(max_length=32)
    params = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")

    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=64, blank=True)
    stage_index = models.PositiveIntegerField(default=0)
    stage_count = models.PositiveIntegerField(default=1)
    progress = models.FloatField(default=0.0)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)

    attempt = models.PositiveIntegerField(default=0, help_text="Rises with every claim.")
    attempts_left = models.PositiveIntegerField(default=3)
    lease_token = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=255, blank=True, help_text="Who has the lease.")
    is_finishing = models.BooleanField(default=False, help_text="Handed over for its second half.")
    not_before = models.DateTimeField(null=True, help_text="A delay before the next attempt.")
    sent_at = models.DateTimeField(null=True, help_text="When the broker last got its message.")

    idempotency_key = models.CharField(max_length=128, null=True)  # noqa: DJ001 - NULL is "no key"
    work_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - likewise
    revision = models.PositiveIntegerField(default=0, help_text="Grows with every change.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="job_lease_only_while_running",
                condition=Q(status="running") | Q(lease_token=None),
            ),
            models.CheckConstraint(
                name="job_finishing_only_while_running",
                condition=Q(status="running") | Q(is_finishing=False),
            ),
            models.CheckConstraint(
                name="job_progress_is_a_fraction",
                condition=Q(progress__gte=0.0) & Q(progress__lte=1.0),
            ),
            models.UniqueConstraint(
                name="job_idempotency_key_unique_per_owner",
                fields=["owner", "idempotency_key"],
            ),
            models.UniqueConstraint(
                name="job_work_key_unique_while_unfinished",
                fields=["work_key"],
                condition=Q(status__in=["queued", "running"]),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="job_owner_newest"),
            models.Index(fields=["owner", "kind", "status"], name="job_owner_kind_status"),
            models.Index(
                fields=["lease_expires_at"],
                name="job_leases",
                condition=Q(status="running"),
            ),
            models.Index(
                fields=["queue", "sent_at"], name="job_waiting", condition=Q(status="queued")
            ),
            models.Index(fields=["status", "finished_at"], name="job_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_finished(self) -> bool:
        """Whether the job has reached a final state."""
        return self.status in FINISHED


class JobAttempt(models.Model):
    """What one attempt of a job came to, with the last lines of its programs."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    holder = models.CharField(max_length=255, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=64, blank=True, help_text="A status or an error code.")
    log = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="attempt_number_unique", fields=["job", "number"])
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.job_id}"
