"""The failures that are expected to happen. Anything else that is raised is a crash.

JobError                 an expected failure: a stable `code` and a sentence for people
├── InvalidInput         the input is at fault: never tried again
│   └── FieldErrors      and these of its fields are
├── TemporaryFailure     trying again may help: the kernel does, while attempts are left
├── BackendNotConfigured the operator has to set something up first
├── Stopped              whoever asked for the work no longer wants it
└── Throttled            a limit was reached; may pass once it has a time to wait
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any


class JobError(Exception):
    """An expected failure. `code` is for programs, the message is for people.

    `sentence` is the message of a kind of failure that always has the same one. `result` is what
    else a kind of job wants to be known of its failure: it becomes the job's.
    """

    code = "failed"
    sentence = ""
    result: dict[str, Any] | None = None

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message or self.sentence)
        if code is not None:
            self.code = code


class InvalidInput(JobError):  # noqa: N818 - the name says what happened
    """What the user gave cannot be worked on; another attempt would fail alike."""

    code = "invalid_input"


class FieldErrors(InvalidInput):
    """What is wrong with which input field. `code` may be any of a contract's codes."""

    code = "invalid"

    def __init__(self, fields: Mapping[str, str | Sequence[str]], *, code: str | None = None):
        self.fields = {k: [v] if isinstance(v, str) else list(v) for k, v in fields.items()}
        super().__init__(" ".join(chain.from_iterable(self.fields.values())), code=code)


class TemporaryFailure(JobError):  # noqa: N818 - the name says what happened
    """Something outside failed (I/O, an engine, a server); another attempt may pass."""

    code = "temporary_failure"
    # When it may, where that is known.
    retry_after_s: int | None = None


class BackendNotConfigured(JobError):  # noqa: N818 - the name says what happened
    """An engine lacks a package, a model, an address or a key: the operator has to give it one."""

    code = "backend_not_configured"


class Stopped(JobError):  # noqa: N818 - the name says what happened
    """The work ended early because its caller's `should_stop` said so; nothing came of it."""

    code = "stopped"
    sentence = "Stopped."


class Throttled(JobError):  # noqa: N818 - the name says what happened
    """A limit was reached. `retry_after_s` is None where waiting does not help."""

    code = "throttled"

    def __init__(self, retry_after_s: int | None = None) -> None:
        hint = (
            f"Expected available in {retry_after_s} second{'s'[: retry_after_s != 1]}."
            if retry_after_s is not None
            else "The limit of this account is reached."
        )
        super().__init__(f"Request was throttled. {hint}")
        self.retry_after_s = retry_after_s
