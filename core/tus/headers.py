"""The headers of tus 1.0.0: what a request says, and what every answer carries."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import http_date

from core.errors import FieldErrors
from core.tus.errors import UnsupportedVersion, WrongType
from core.tus.models import Status, TusUpload
from core.tus.purposes import purpose_named

if TYPE_CHECKING:
    from hashlib import _Hash

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS = ("sha1", "sha256", "md5")
CHUNK_TYPE = "application/offset+octet-stream"
_MAX_DIGITS = 18


@dataclass(frozen=True)
class Checksum:
    """What the bytes of a chunk must give."""

    algorithm: str
    digest: bytes

    def hasher(self) -> "_Hash":
        """Return an empty hash of the algorithm; it guards against accidents alone."""
        return hashlib.new(self.algorithm, usedforsecurity=False)

    def fits(self, hasher: "_Hash") -> bool:
        """Return whether the hashed bytes are the ones that were meant."""
        return hmac.compare_digest(hasher.digest(), self.digest)


@dataclass(frozen=True)
class Chunk:
    """What the head of a PATCH says. `declared_bytes` is None where the body comes in chunks."""

    offset_bytes: int
    declared_bytes: int | None
    checksum: Checksum | None


def require_version(request: HttpRequest) -> None:
    """Refuse other versions of the protocol. Raises: `UnsupportedVersion`."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise UnsupportedVersion


def length_of(request: HttpRequest) -> int:
    """Return the announced size of a new upload, in bytes. Raises: `FieldErrors`."""
    for name in ("Upload-Defer-Length", "Upload-Concat"):
        if name in request.headers:
            raise FieldErrors({name: "This extension of tus is not offered here."})
    return _number(request, "Upload-Length")


def chunk_of(request: HttpRequest) -> Chunk:
    """Read the head of a PATCH. Raises: `FieldErrors`, `WrongType`."""
    _require_chunk_type(request)
    return Chunk(_number(request, "Upload-Offset"), declared_bytes(request), checksum_of(request))


def first_chunk_of(request: HttpRequest) -> Chunk | None:
    """Read the head of a creation; None where no bytes come with it.

    Raises: `FieldErrors`, `WrongType`.
    """
    declared = declared_bytes(request)
    if declared == 0:
        return None
    _require_chunk_type(request)
    return Chunk(0, declared, checksum_of(request))


def declared_bytes(request: HttpRequest) -> int | None:
    """Return the length of the body; None when only its end will tell. Raises: `FieldErrors`."""
    if "Transfer-Encoding" in request.headers:
        return None
    if not request.headers.get("Content-Length"):
        return 0
    return _number(request, "Content-Length")


def checksum_of(request: HttpRequest) -> Checksum | None:
    """Read `Upload-Checksum`, where there is one. Raises: `FieldErrors`."""
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, encoded = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise FieldErrors({"Upload-Checksum": "One of " + ", ".join(ALGORITHMS) + ", please."})
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    checksum = Checksum(algorithm, digest)
    if len(digest) != checksum.hasher().digest_size:
        raise FieldErrors({"Upload-Checksum": f"This is no {algorithm} in base64."})
    return checksum


def of_server() -> dict[str, str]:
    """Return what is offered here, for OPTIONS."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.MAX_UPLOAD_SIZE_BYTES),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def of_upload(upload: TusUpload, offset_bytes: int) -> dict[str, str]:
    """Return where an upload is, how long it waits, and what it becomes."""
    found = {"Upload-Offset": str(offset_bytes)}
    if upload.status == Status.RECEIVING or purpose_named(upload.purpose).keeps_file:
        found["Upload-Expires"] = _http_date(upload.expires_at)
    if upload.resource:
        found["Upload-Resource"] = upload.resource
    return found


def _http_date(moment: datetime) -> str:
    return http_date(moment.astimezone(UTC).timestamp())


def _require_chunk_type(request: HttpRequest) -> None:
    if request.headers.get("Content-Type", "").strip().lower() != CHUNK_TYPE:
        raise WrongType


def _number(request: HttpRequest, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        raise FieldErrors({name: "A whole number of bytes is expected."})
    return int(text)
