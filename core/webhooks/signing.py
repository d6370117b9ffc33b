"""The signature by which a receiver knows that a call is ours (media contract, 8.4)."""

import hashlib
import hmac

SIGNATURE_HEADER = "X-Media-Signature"


def signature(secret: str, body: bytes, *, sent_at: int) -> str:
    """Return `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
    digest = hmac.new(secret.encode(), f"{sent_at}.".encode() + body, hashlib.sha256)
    return f"t={sent_at},v1={digest.hexdigest()}"
