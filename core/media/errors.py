"""What can go wrong with a program, a path or a file, ordered by what a caller can do.

core.errors.JobError
├── ProgramFailed            "program_failed"     it ended with an error status: see `tail`
├── ProgramMissing           "program_missing"    it is not installed here
├── ProgramTimeout           "timeout"            it was ended at its wall clock limit
├── ProgramOutOfMemory       "memory"             it was ended for outgrowing its memory limit
├── OutputTooLarge           "too_large"          it wrote more than it was allowed to
├── core.errors.TemporaryFailure                  trying again may help
│   ├── ProgramNotStarted    "not_started"        the system had no room for another process
│   └── ProgramStalled       "stalled"            it was ended after a silence
└── core.errors.InvalidInput                      the input is at fault: never tried again
    ├── UnsupportedMedia     "unsupported_media"  content of a type that is not accepted
    ├── NotMedia             "not_media"          no video or audio container that can be read
    ├── UnreadableImage      "unreadable_image"   an accepted type, but damaged or locked
    ├── TooManyPixels        "too_many_pixels"    larger than a page may be
    ├── NotAvailable         "not_available"      missing, outside or unreadable: one answer for all
    └── PathOutsideRoot      "path_outside_root"  a path that leaves the folder it belongs to

Messages are for users: they hold no path and no command line. Details are attributes.
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from core.errors import InvalidInput, JobError, TemporaryFailure


class ProgramFailed(JobError):
    """The program ended with an error. A negative `returncode` is the signal that ended it."""

    code = "program_failed"

    def __init__(self, message: str, *, returncode: int, tail: tuple[str, ...]) -> None:
        super().__init__(message)
        self.returncode = returncode
        self.tail = tail


class ProgramMissing(JobError):
    """The program is not installed, or may not be executed."""

    code = "program_missing"


class _Ended(JobError):
    """The program was ended for breaking a limit. `tail` holds the last lines it wrote."""

    def __init__(self, message: str, *, tail: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.tail = tail


class ProgramTimeout(_Ended):
    """The program ran longer than its wall clock limit."""

    code = "timeout"


class ProgramOutOfMemory(_Ended):
    """The program and its children together outgrew their memory limit."""

    code = "memory"


class OutputTooLarge(_Ended):
    """The program wrote a larger file, or more captured output, than it may."""

    code = "too_large"


class ProgramNotStarted(TemporaryFailure):
    """The system refused another process; it may have room later."""

    code = "not_started"


class ProgramStalled(_Ended, TemporaryFailure):
    """The program wrote nothing for longer than its stall limit."""

    code = "stalled"


class UnsupportedMedia(InvalidInput):
    """The content is of no type that is accepted, whatever its name says."""

    code = "unsupported_media"


class NotMedia(InvalidInput):
    """The file is no video or audio container, one that is refused, or it is damaged."""

    code = "not_media"


class UnreadableImage(InvalidInput):
    """The content claims an accepted type but is damaged, cut off or locked by a password."""

    code = "unreadable_image"


class TooManyPixels(InvalidInput):
    """The header declares more pixels, or a longer side, than a page may have."""

    code = "too_many_pixels"


class NotAvailable(InvalidInput):
    """The file is missing, outside its root, not a regular file or unreadable."""

    code = "not_available"
    sentence = "Not available."


class PathOutsideRoot(InvalidInput):
    """The path leaves the folder that it must stay in."""

    code = "path_outside_root"
    sentence = "The path is not allowed."
