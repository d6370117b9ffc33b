"""Issuing JWTs. Every one carries `tv`, the account's token version (core contract, 3.2)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from core.accounts.authentication import VERSION_CLAIM
from core.accounts.models import User

T = TypeVar("T", bound=Token)


@dataclass(frozen=True)
class TokenPair:
    """What a login gives: encoded JWTs."""

    access: str
    refresh: str


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


def _for(user: User, token: T) -> T:
    token[api_settings.USER_ID_CLAIM] = str(user.pk)
    token[VERSION_CLAIM] = user.token_version
    return token
