"""What a webhook's job sends. It lies beside the job, whose params anybody it shows to can read."""

from typing import ClassVar

from django.db import models

from core.jobs.models import Job


class Webhook(models.Model):
    """One call to be delivered. Secret and body go once it was; both are kept for a retry."""

    # Removed with its job, which is as old as jobs get.
    is_part_of_its_job: ClassVar[bool] = True

    job = models.OneToOneField(
        Job, primary_key=True, on_delete=models.CASCADE, related_name="webhook"
    )
    url = models.TextField()
    secret = models.CharField(max_length=255, blank=True)
    body = models.TextField(help_text="JSON, byte for byte as it is signed.")
    last_status = models.PositiveSmallIntegerField(null=True, help_text="Of HTTP; NULL: no answer.")
    delivered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"webhook {self.pk}"
