"""What a command on an upload may refuse. The codes are those of the core contract, 2.3.

core.errors.JobError
├── NotFound             "not_found"          unknown, malformed, deleted or someone else's
├── Conflict             "conflict"           not possible in this status
├── AccountGone          "token_invalid"      the account was deleted a moment ago: 401, 4401
├── Unavailable          "unavailable"        this installation has nothing to do it with
├── QuestionRequired     "question_required"  the question is blank
├── core.errors.Throttled                     a limit of 3.6
└── core.errors.FieldErrors                   keyed by input field: "invalid", or of the content
                                              "too_large", "unsupported_media",
                                              "unreadable_image", "too_many_pixels"

REST shapes them by `views.base.upload_body_of_error`, sockets as 2.3 says: `error` is
`{field: " ".join(messages)}` for `FieldErrors` and `str(error)` for the others.
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from core.errors import JobError


class NotFound(JobError):
    """There is no such upload for this user."""

    code = "not_found"
    sentence = "not_found"


class Conflict(JobError):
    """The upload's status does not allow this."""

    code = "conflict"


class AccountGone(JobError):
    """The account that asks was deleted meanwhile."""

    code = "token_invalid"
    sentence = "The token is not valid any more."


class Unavailable(JobError):
    """Nothing here can do it."""

    code = "unavailable"


class QuestionRequired(JobError):
    """The question is blank."""

    code = "question_required"
    sentence = "question_required"
