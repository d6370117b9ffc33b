"""What a wish about a video may be refused for.

core.errors.JobError
├── NotFound         "not_found"      there is no such video, or file, for this user: 404
├── WrongState       "conflict"       not while the video is like this: 409
├── Outdated         "outdated"       what a job made is of a source that was replaced
└── core.errors.InvalidInput
    ├── BadPath      "invalid_path"   a path that is none, or leads out of the storage: 400
    └── core.errors.FieldErrors       keyed by input field, of an upload's content:
                                      "empty_file", "unsupported_extension", "not_media",
                                      "no_streams", "invalid_duration", "too_long",
                                      "picture_too_large", "invalid_frame_rate"
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import FieldErrors, InvalidInput, JobError


class Wrong:
    """What is wrong with an input, gathered over several checks: people hear all of it at once."""

    def __init__(self, *found: FieldErrors) -> None:
        self._found = list(found)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep what a check raises for later."""
        try:
            yield
        except FieldErrors as error:
            self._found.append(error)

    def settle(self) -> None:
        """Raise what was found: one as it is, of several every field. Raises: `FieldErrors`."""
        if not self._found:
            return
        first, *others = self._found
        if not others:
            raise first
        raise FieldErrors(
            {name: said for each in self._found for name, said in each.fields.items()}
        )


class NotFound(JobError):
    """There is no such thing for this user; someone else's counts as none."""

    code = "not_found"

    def __init__(self, message: str = "There is no such video.") -> None:
        super().__init__(message)


class WrongState(JobError):
    """The video's state, or its jobs', does not allow this now."""

    code = "conflict"


class Outdated(JobError):
    """An edit has replaced the source that this was made of."""

    code = "outdated"
    sentence = "The video was edited while this was made of it."


class BadPath(InvalidInput):
    """The path is no path inside of the storage."""

    code = "invalid_path"

    def __init__(self) -> None:
        super().__init__("The path is not allowed.")
