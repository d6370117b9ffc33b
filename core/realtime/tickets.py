"""Single-use tickets, for pages that must not put a JWT into an address.

A ticket lives 30 s in Redis and opens one socket: `GETDEL` gives it to exactly one of
several who present it. Redis keeps only its SHA-256.
"""

import hashlib
import json
import secrets
from typing import TypedDict, cast

from core.accounts.models import User
from core.realtime.publish import connection

TICKET_LIFETIME_S = 30


class Ticket(TypedDict):
    """What a ticket stands for; the socket ends at the Unix time `expires_at_s`."""

    user: str
    token_version: int
    expires_at_s: float


def issue(user: User, expires_at_s: float) -> str:
    """Make a ticket for sockets that end at `expires_at_s`. Raises: `redis.RedisError`."""
    raw = secrets.token_urlsafe(32)
    ticket: Ticket = {
        "user": str(user.pk),
        "token_version": user.token_version,
        "expires_at_s": expires_at_s,
    }
    connection().set(_key(raw), json.dumps(ticket), ex=TICKET_LIFETIME_S)
    return raw


def redeem(raw: str) -> Ticket | None:
    """Take a ticket; None when there is none, or none any more. Raises: `redis.RedisError`."""
    kept = connection().getdel(_key(raw))
    return cast(Ticket, json.loads(kept)) if kept else None


def _key(raw: str) -> str:
    digest = hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()
    return f"medialoom:ticket:{digest}"
