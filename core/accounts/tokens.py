"""Issuing, renewing and ending JWTs (core contract, 3.2). All carry `tv`, the token version."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from core.accounts.authentication import VERSION_CLAIM, TokenRefused, checked, user_of
from core.accounts.models import User

T = TypeVar("T", bound=Token)


@dataclass(frozen=True)
class TokenPair:
    """What a login gives: encoded JWTs."""

    access: str
    refresh: str


@dataclass(frozen=True)
class Renewed:
    """What a refresh token gives; `refresh` is None unless tokens rotate."""

    user: User
    access: str
    refresh: str | None


def token_pair(user: User) -> TokenPair:
    """Issue both tokens. Neither is written to the database: only a blacklisted one is."""
    refresh = _for(user, RefreshToken())
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def access_token(user: User, *, lifetime: timedelta | None = None) -> str:
    """Issue an access token alone, for `JWT_ACCESS_LIFETIME_S` unless told otherwise."""
    token = _for(user, AccessToken())
    if lifetime is not None:
        token.set_exp(lifetime=lifetime)
    return str(token)


def renew(raw: str) -> Renewed:
    """Give an access token for a refresh token; where tokens rotate, a new refresh token too.

    Of two callers with one rotating token, one wins. Raises: `TokenRefused`.
    """
    token = checked(RefreshToken, raw)
    user = user_of(token)
    if not api_settings.ROTATE_REFRESH_TOKENS:
        return Renewed(user, str(token.access_token), None)
    if not _blacklist(token):
        raise TokenRefused
    pair = token_pair(user)
    return Renewed(user, pair.access, pair.refresh)


def end_refresh_token(raw: str, *, user: User) -> bool:
    """Blacklist a refresh token of the user's; one that is dead already stays dead.

    Returns False for one of somebody else's, which is left alone.
    """
    try:
        token = checked(RefreshToken, raw)
    except TokenRefused:
        return True
    if token.get(api_settings.USER_ID_CLAIM) != str(user.pk):
        return False
    _blacklist(token)
    return True


def forget_expired() -> int:
    """Remove blacklisted tokens and browser sessions that have run out; return how many."""
    now = timezone.now()
    tokens, _ = OutstandingToken.objects.filter(expires_at__lt=now).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    return tokens + sessions


def _blacklist(token: RefreshToken) -> bool:
    """Return whether this call is the one that ended the token."""
    with transaction.atomic():
        # SimpleJWT annotates the row alone, and returns `get_or_create`'s pair.
        outcome: Any = token.blacklist()
    return bool(outcome[1])


def _for(user: User, token: T) -> T:
    token[api_settings.USER_ID_CLAIM] = str(user.pk)
    token[VERSION_CLAIM] = user.token_version
    return token
