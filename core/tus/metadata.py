"""`Upload-Metadata`: pairs of a key and a value in base64 (tus 1.0.0, Creation)."""

import base64
import binascii
import re

from core.api.parsers import is_storable
from core.errors import FieldErrors

HEADER = "Upload-Metadata"
# The JSON of a Media API request is among it; a server takes no longer head anyway.
MAX_HEADER_BYTES = 32 * 1024
MAX_PAIRS = 64
MAX_KEY_BYTES = 128
_KEY = re.compile(r"[!-+\--~]+")


def metadata_of(header: str) -> dict[str, str]:
    """Return the values of a header by their keys, in its order; one without a value is empty.

    Strict: the header stands for one reading alone. Raises: `FieldErrors`.
    """
    if len(header) > MAX_HEADER_BYTES:
        raise _refused(f"At most {MAX_HEADER_BYTES:,} bytes, please.")
    pairs = header.split(",") if header.strip() else []
    if len(pairs) > MAX_PAIRS:
        raise _refused(f"At most {MAX_PAIRS} pairs, please.")
    found: dict[str, str] = {}
    for pair in pairs:
        key, _, encoded = pair.strip(" ").partition(" ")
        if not _KEY.fullmatch(key) or len(key) > MAX_KEY_BYTES:
            raise _refused("A key is printable ASCII without spaces and commas, and not empty.")
        if key in found:
            raise _refused(f"The key {key} is there twice.")
        found[key] = _decoded(key, encoded)
    return found


def _decoded(key: str, encoded: str) -> str:
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise _refused(f"The value of {key} is not base64 of a text in UTF-8.") from error
    if not is_storable(text):
        raise _refused(f"The value of {key} holds NUL.")
    return text


def _refused(message: str) -> FieldErrors:
    return FieldErrors({HEADER: message})
