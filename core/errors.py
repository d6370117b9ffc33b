"""The failures a job is expected to meet. Anything else that is raised is a crash.

JobError                 an expected failure: a stable `code` and a sentence for people
├── InvalidInput         the input is at fault: never tried again
└── TemporaryFailure     trying again may help: the kernel does, while attempts are left
"""


class JobError(Exception):
    """An expected failure. `code` is for programs, the message is for people."""

    code = "failed"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class InvalidInput(JobError):
    """What the user gave cannot be worked on; another attempt would fail alike."""

    code = "invalid_input"


class TemporaryFailure(JobError):
    """Something outside failed (I/O, an engine, a server); another attempt may pass."""

    code = "temporary_failure"
