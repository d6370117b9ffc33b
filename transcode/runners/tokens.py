"""The three sorts of token, and how they are looked up (transcode contract, 2.1).

Runner and job tokens are kept as SHA-256 alone: 122 random bits need no salt.
"""

import hashlib
import uuid

MAX_CHARS = 1000
MASKED_CHARS = 6


def new_registration_token() -> str:
    """Make what an operator hands to whoever sets up a runner."""
    return f"ptrrt-{uuid.uuid4()}"


def new_runner_token() -> str:
    """Make what a registered runner shows with every call."""
    return f"ptrt-{uuid.uuid4()}"


def new_job_token() -> str:
    """Make what the holder of a job shows with every call about it."""
    return f"ptrjt-{uuid.uuid4()}"


def hash_of(token: str) -> str:
    """Return a token's SHA-256, in hex. Any text is a token; most are of nobody."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def lease_token_of(token_hash: str) -> uuid.UUID:
    """Return the kernel's lease token of a job token: the first half of its hash."""
    return uuid.UUID(hex=token_hash[:32])


def masked(token: str) -> str:
    """Return as much of a token as people may see again."""
    return f"{token[:MASKED_CHARS]}…"
