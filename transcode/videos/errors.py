"""What a wish about a video may be refused for.

core.errors.JobError
├── NotFound         "not_found"      there is no such video, or file, for this user: 404
├── WrongState       "conflict"       not while the video is like this: 409
└── core.errors.InvalidInput
    ├── BadPath      "invalid_path"   a path that is none, or leads out of the storage: 400
    └── core.errors.FieldErrors       keyed by input field, of an upload's content:
                                      "empty_file", "unsupported_extension", "not_media",
                                      "no_streams", "invalid_duration", "too_long",
                                      "picture_too_large", "invalid_frame_rate"
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from core.errors import InvalidInput, JobError


class NotFound(JobError):
    """There is no such thing for this user; someone else's counts as none."""

    code = "not_found"

    def __init__(self, message: str = "There is no such video.") -> None:
        super().__init__(message)


class WrongState(JobError):
    """The video's state, or its jobs', does not allow this now."""

    code = "conflict"


class BadPath(InvalidInput):
    """The path is no path inside of the storage."""

    code = "invalid_path"

    def __init__(self) -> None:
        super().__init__("The path is not allowed.")
