"""API tokens: keys that count uploads apart from others (core contract, 3.7)."""

import hashlib
import re
import secrets

from django.db.models import QuerySet
from django.utils import timezone

from core.accounts.models import ApiToken, User
from core.errors import FieldErrors

PREFIX = "ml_"
_KEY = re.compile(r"(?:ml_)?([0-9a-f]{64})")


def api_tokens_of(user: User) -> QuerySet[ApiToken]:
    """Select a user's own API tokens."""
    return ApiToken.objects.filter(user=user)


def create_api_token(user: User, *, name: str = "", ip: str | None = None) -> tuple[ApiToken, str]:
    """Make a token; the key is returned once and not kept."""
    token = ApiToken(user=user, name=name, ip_address=ip)
    key = give_key(token)
    token.save(force_insert=True)
    return token, key


def give_key(token: ApiToken) -> str:
    """Give an unsaved token a new key, and return the key."""
    key = secrets.token_hex(32)
    token.key_hash, token.prefix = _hash(key), key[:8]
    return key


def use_api_token(user: User, key: str, *, ip: str | None = None) -> ApiToken:
    """Return the user's active token of that key, and note its use. Raises: `FieldErrors`."""
    match = _KEY.fullmatch(key)
    active = api_tokens_of(user).filter(is_active=True)
    token = match and active.filter(key_hash=_hash(match[1])).first()
    # Not `save`, which fails where the token has gone this very moment.
    used = {"last_used_at": timezone.now(), "ip_address": ip}
    if not token or not active.filter(pk=token.pk).update(**used):
        raise FieldErrors({"token": "The API token is invalid or inactive."})
    return token


def delete_api_token(user: User, pk: int) -> None:
    """Remove a user's own token. Raises: `ApiToken.DoesNotExist`."""
    api_tokens_of(user).get(pk=pk).delete()


def _hash(key: str) -> str:
    # No salt and no stretching: a key is 256 random bits, which nobody can guess.
    return hashlib.sha256(key.encode()).hexdigest()
