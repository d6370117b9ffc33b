"""Users and their API tokens."""

import unicodedata
import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac


class Role(models.TextChoices):
    """What an account may do. `admin` and Django's `is_staff` are the same thing."""

    ADMIN = "admin"
    USER = "user"
    DEMO = "demo_user"


class UserManager(BaseUserManager["User"]):
    """Makes and finds users by e-mail, whatever its letter case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the form an address is kept in: NFKC, no blanks around, the domain in lower case.

        The local part keeps its letters as typed and is compared without their case.
        """
        text = unicodedata.normalize("NFKC", email or "").strip()
        local, at, domain = text.rpartition("@")
        return f"{local}{at}{domain.lower()}"

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an account; without a password nobody can log in to it."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an administrator with every right."""
        return self.create_user(email, password, role=Role.ADMIN, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find an account by e-mail. Raises: `User.DoesNotExist`."""
        # LOWER(email) is what the unique index holds; `iexact` would read the whole table.
        address = self.normalize_email(username).lower()
        return self.alias(email_lower=Lower("email")).get(email_lower=address)


class User(AbstractBaseUser, PermissionsMixin):
    """One account. `token_version` is in every JWT: raising it ends all of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.USER)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    last_ip = models.GenericIPAddressField(null=True, blank=True)
    token_version = models.PositiveIntegerField(default=0, editable=False)
    uploads_made = models.PositiveIntegerField(
        default=0, editable=False, help_text="New uploads over the account's life."
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_in_any_case",
                violation_error_message="An account with this e-mail already exists.",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Whether the account may use the admin."""
        return self.role == Role.ADMIN

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind browser sessions to the token version too: what ends JWTs ends them."""
        value = f"{self.token_version} {self.password}"
        return salted_hmac("core.User.session", value, secret, algorithm="sha256").hexdigest()


class ApiToken(models.Model):
    """A key that counts uploads apart from others; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=8, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    ip_address = models.GenericIPAddressField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}".strip()
