"""What a request about a resumable upload may be refused with (tus 1.0.0; platform, section 5).

core.errors.JobError
├── NotFound              404  unknown, terminated or someone else's
├── Gone                  410  expired, or its parts are not here
├── OffsetMismatch        409  the bytes would not follow on those that are there
├── AlreadyThere          409  the whole file would become what is there; `resource` names it
├── Locked                423  another request is writing it
├── ChecksumMismatch      460  the chunk is not what its checksum says
├── TooLarge              413  more than was announced, or more than is taken
├── NoSpace               507  the disk is full
├── UnsupportedVersion    412  `Tus-Resumable` is missing or another version
├── WrongType             415  bytes that are not `application/offset+octet-stream`
├── Disconnected          499  the client went away; nobody reads this
├── core.errors.Throttled 429  too many unfinished uploads
└── core.errors.FieldErrors    a header that cannot be read, by its name
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from core.errors import JobError


class NotFound(JobError):
    """There is no such upload for this user."""

    code = "not_found"
    sentence = "There is no such upload."


class Gone(JobError):
    """It was there, and is no more."""

    code = "gone"
    sentence = "The upload has expired."


class OffsetMismatch(JobError):
    """`Upload-Offset` is not where the upload is."""

    code = "offset_mismatch"
    sentence = "Upload-Offset does not fit what has arrived; ask with HEAD."


class AlreadyThere(JobError):
    """What the whole file was to become is there already: nothing is made of it, and it goes."""

    code = "conflict"

    def __init__(self, sentence: str, resource: str) -> None:
        super().__init__(sentence)
        self.resource = resource


class Locked(JobError):
    """One request at a time may write."""

    code = "locked"
    sentence = "Another request is writing this upload."


class ChecksumMismatch(JobError):
    """The chunk was thrown away."""

    code = "checksum_mismatch"
    sentence = "The chunk does not match its checksum and was discarded."


class TooLarge(JobError):
    """More bytes than are taken."""

    code = "too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"At most {limit_bytes:,} bytes are taken.")


class NoSpace(JobError):
    """There is no room for it."""

    code = "no_space"
    sentence = "There is no room left for the upload."


class UnsupportedVersion(JobError):
    """Another protocol than tus 1.0.0."""

    code = "unsupported_version"
    sentence = "The header Tus-Resumable must say 1.0.0."


class WrongType(JobError):
    """The body is not a chunk."""

    code = "unsupported_media"
    sentence = "The Content-Type must be application/offset+octet-stream."


class Disconnected(JobError):
    """The body ended before its end."""

    code = "disconnected"
    sentence = "The connection broke."
