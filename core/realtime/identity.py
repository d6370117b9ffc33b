"""Who is at the other end of a socket, and until when."""

from dataclasses import dataclass
from datetime import UTC, datetime

from core.accounts.authentication import TokenRefused, user_of_access_token
from core.accounts.models import User
from core.realtime import close_codes
from core.realtime.credentials import Credentials
from core.realtime.errors import Refused
from core.realtime.tickets import redeem


@dataclass(frozen=True)
class Identity:
    """An account, the version of its tokens, and the Unix time at which its socket ends."""

    user: User
    token_version: int
    expires_at_s: float

    @property
    def expires_at(self) -> str:
        """The end as ISO 8601 in UTC."""
        return datetime.fromtimestamp(self.expires_at_s, UTC).isoformat()


def identity_of(credentials: Credentials) -> Identity:
    """Check a token or a ticket. Blocking: for a thread. Raises: `Refused` with 4401."""
    if credentials.token:
        return identity_of_token(credentials.token)
    if credentials.ticket:
        return _identity_of_ticket(credentials.ticket)
    raise Refused(close_codes.UNAUTHENTICATED)


def identity_of_token(raw: str) -> Identity:
    """Check an access token. Blocking: for a thread. Raises: `Refused` with 4401."""
    try:
        user, claims = user_of_access_token(raw)
    except TokenRefused as refusal:
        raise Refused(close_codes.UNAUTHENTICATED, refusal.code, str(refusal)) from refusal
    return Identity(user, user.token_version, float(claims["exp"]))


def _identity_of_ticket(raw: str) -> Identity:
    ticket = redeem(raw)
    user = ticket and User.objects.filter(pk=ticket["user"], is_active=True).first()
    if not ticket or not user or user.token_version != ticket["token_version"]:
        raise Refused(close_codes.UNAUTHENTICATED, "token_invalid", "The ticket is not valid.")
    return Identity(user, user.token_version, ticket["expires_at_s"])
