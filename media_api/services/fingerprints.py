"""What makes two requests the same work (Media API contract, 2.6)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID


def fingerprint(
    *,
    owner_id: UUID | None,
    route: str,
    actions: Sequence[str],
    config: Mapping[str, Any],
    source: str,
) -> str:
    """Return SHA-256, hexadecimal, of all that decides what will be made and for whom."""
    said = [str(owner_id or ""), route, sorted(set(actions)), config, source]
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def of_bytes(sha256: str) -> str:
    """Name bytes that were sent."""
    return f"sha256:{sha256}"


def of_url(url: str) -> str:
    """Name a link."""
    return f"url:{url}"


def of_path(path: Path) -> str:
    """Name a file of this server as it is now. Raises: `OSError`."""
    status = path.stat()
    return f"path:{path}:{status.st_size}:{status.st_mtime_ns}"
