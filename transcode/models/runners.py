"""PeerTube runners and the tokens that let them in."""

from django.db import models
from django.utils import timezone

# What the name under which a runner holds leases begins with.
RUNNER_HOLDER = "runner:"


class RegistrationToken(models.Model):
    """What an operator hands to whoever sets up a runner: `ptrrt-<uuid4>`, kept as it is."""

    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.token[:6]}…"


class Runner(models.Model):
    """A remote machine that takes jobs. `token_hash` is the SHA-256 of `ptrt-<uuid4>`, in hex.

    `disconnected_at` follows its socket; `last_contact` is written at most every 30 s.
    `job_types` are those that it asked for last; none are all.
    """

    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=1000, blank=True)
    version = models.CharField(max_length=64, blank=True)
    ip = models.CharField(max_length=64, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    registration_token = models.ForeignKey(
        RegistrationToken, on_delete=models.CASCADE, related_name="runners"
    )
    job_types = models.JSONField(default=list, blank=True)
    last_contact = models.DateTimeField(default=timezone.now)
    disconnected_at = models.DateTimeField(null=True, help_text="When its socket closed.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["last_contact"], name="runner_contact")]
        permissions = [("manage_runners", "Can manage runners and their jobs")]

    def __str__(self) -> str:
        return self.name

    @property
    def holder(self) -> str:
        """The name under which the runner holds leases."""
        return f"{RUNNER_HOLDER}{self.pk}"
