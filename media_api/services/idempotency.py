"""One submission that is sent twice makes one request (Media API contract, 8.7)."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from core.accounts.models import User
from media_api.models import MediaRequest
from media_api.selectors import requests
from media_api.services.errors import KeyUsedOtherwise

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Key:
    """What a client calls a submission. `scope` is whose name it is, `digest` tells bodies apart.

    The digest is of what was sent, not of what it came to: defaults change, files do, and an
    upload that was taken over is not there to be taken again.
    """

    name: str
    scope: str
    digest: str


def key_of(
    name: str | None, *, owner: User | None, client: str, route: str, data: str, file_sha256: str
) -> Key | None:
    """Return the key of a submission."""
    if name is None:
        return None
    scope = scope_of(owner, client)
    said = "\n".join((route, file_sha256, data))
    return Key(name, scope, hashlib.sha256(said.encode()).hexdigest())


def scope_of(owner: User | None, client: str) -> str:
    """Return whose names a client's keys are: the user's, or without one the address's."""
    return str(owner.pk) if owner else f"address:{client}"[:64]


def is_known(name: str | None, scope: str) -> bool:
    """Return whether a key stands for a request, before the body that comes with it is read."""
    if name is None:
        return False
    same = MediaRequest.objects.filter(idempotency_scope=scope, idempotency_key=name)
    return same.filter(created_at__gte=timezone.now() - KEPT_FOR).exists()


def earlier(key: Key | None) -> MediaRequest | None:
    """Return what the same key has made within a day, and free one that has grown old.

    Raises: `KeyUsedOtherwise`.
    """
    if key is None:
        return None
    same = MediaRequest.objects.filter(idempotency_scope=key.scope, idempotency_key=key.name)
    same.filter(created_at__lt=timezone.now() - KEPT_FOR).update(idempotency_key=None)
    made = requests().filter(pk__in=same.values("pk")).first()
    if made is not None and made.idempotency_digest != key.digest:
        raise KeyUsedOtherwise
    return made
