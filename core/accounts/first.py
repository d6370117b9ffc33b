"""The first account of an installation."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from core.accounts.models import User


@dataclass(frozen=True)
class FirstAccount:
    """What has just been made; `password` is None where the operator chose it."""

    email: str
    password: str | None


def ensure_first_account(announce: Callable[[FirstAccount], None]) -> bool:
    """Make the first administrator if there is no account at all; return whether it did.

    `ADMIN_EMAIL` names it; without `ADMIN_PASSWORD` a password is generated. `announce` is
    called before the commit: whoever dies in between has told a password of no account
    and will tell another, never made an account whose password nobody has seen.
    Raises: `ValidationError` for an `ADMIN_EMAIL` that is none.
    """
    validate_email(settings.ADMIN_EMAIL)
    generated = None if settings.ADMIN_PASSWORD else secrets.token_urlsafe(12)
    try:
        with transaction.atomic():
            if User.objects.exists():
                return False
            password = settings.ADMIN_PASSWORD or generated
            user = User.objects.create_superuser(settings.ADMIN_EMAIL, password)
            announce(FirstAccount(user.email, generated))
    except IntegrityError:
        # Another process was a moment faster and has announced it.
        return False
    return True
