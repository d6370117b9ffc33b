"""Which account a JWT stands for; the same check for REST and sockets."""

from typing import Any, Literal, TypeVar

import structlog
from django.core.exceptions import ValidationError
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token

from core.accounts.models import User

T = TypeVar("T", bound=Token)
VERSION_CLAIM = "tv"
RefusalCode = Literal["token_invalid", "token_expired"]
_SENTENCES: dict[RefusalCode, str] = {
    "token_invalid": "The token is not valid.",
    "token_expired": "The token has expired.",
}


class TokenRefused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The token stands for no account. `code` is `token_invalid` or `token_expired`."""

    def __init__(self, code: RefusalCode = "token_invalid") -> None:
        super().__init__(_SENTENCES[code])
        self.code = code


class VersionedJWTAuthentication(JWTAuthentication):
    """SimpleJWT's bearer header, and the token version of the account (core contract, 3.2)."""

    def authenticate(  # type: ignore[override] # its annotation is a bare type variable
        self, request: Request
    ) -> tuple[User, Token] | None:
        """Return the account and its token, or None without a bearer header.

        Raises: `AuthenticationFailed`.
        """
        header = self.get_header(request)
        raw = None if header is None else self.get_raw_token(header)
        if raw is None:
            return None
        try:
            token = checked(AccessToken, raw)
            user = user_of(token)
        except TokenRefused as refusal:
            raise AuthenticationFailed(str(refusal), code=refusal.code) from refusal
        structlog.contextvars.bind_contextvars(user_id=str(user.pk))  # for every line of the log
        return user, token


def user_of_access_token(raw: str) -> tuple[User, dict[str, Any]]:
    """Return the account that an access token stands for, and the token's claims.

    Checks signature, expiry, type, that the account exists and is active, and its token
    version. Reads the database: not for the event loop. Raises: `TokenRefused`.
    """
    token = checked(AccessToken, raw)
    return user_of(token), dict(token.payload)


def checked(token_class: type[T], raw: str | bytes) -> T:
    """Return the verified token of that type. Raises: `TokenRefused`."""
    try:
        return token_class(raw)  # type: ignore[arg-type] # SimpleJWT annotates text as a Token
    except ExpiredTokenError as error:
        raise TokenRefused("token_expired") from error
    except (TokenError, ValueError, KeyError, TypeError, OverflowError) as error:
        # ValueError: text that has no bytes in UTF-8; KeyError: a refresh token without `jti`;
        # the last two: an `exp` that is no time.
        raise TokenRefused from error


def user_of(token: Token) -> User:
    """Return the active account of a verified token. Raises: `TokenRefused`."""
    try:
        user = User.objects.get(pk=token[api_settings.USER_ID_CLAIM])
    except (User.DoesNotExist, ValidationError, ValueError, KeyError) as error:
        raise TokenRefused from error
    if not user.is_active or token.get(VERSION_CLAIM) != user.token_version:
        raise TokenRefused
    return user
