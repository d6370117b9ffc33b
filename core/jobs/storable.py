"""Text and JSON from programs and engines, made such as every database can keep.

PostgreSQL takes no NUL, in text and in jsonb, and no half of a surrogate pair; neither
NaN nor an infinity is JSON (RFC 8259, sections 6 and 8.2).
"""

import json
import math
import re
from typing import Any

from rest_framework.utils.encoders import JSONEncoder

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: object, limit: int | None = None) -> str:
    """Return the text without NUL, with U+FFFD for half characters, cut at `limit`."""
    clean = _UNSTORABLE.sub(lambda match: "" if match[0] == "\0" else "\N{REPLACEMENT CHARACTER}",
                            str(text))  # fmt: skip
    return clean[:limit]


def storable_json(value: Any) -> Any:
    """Return a JSON value with clean text; a number that JSON does not know becomes null."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {storable_text(key): storable_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(inner) for inner in value]
    return value


def as_json(value: Any) -> Any:
    """Turn what serializers make (times, decimals, ids) into plain JSON values.

    Raises: `TypeError`, `ValueError`, `RecursionError` for what is no JSON at all.
    """
    return json.loads(json.dumps(value, cls=JSONEncoder, allow_nan=False))
