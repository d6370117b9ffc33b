"""What a consumer raises instead of answering.

Refused         the socket is told why and closed: at connect or at any later time
CommandError    one command is answered with an error; the socket stays open
└── BadRequest  it was not a command at all
"""

from typing import Any

from core.realtime import close_codes

_DEFAULTS = {
    close_codes.INTERNAL: ("internal", "Internal error"),
    close_codes.TRY_AGAIN_LATER: ("unavailable", "Not available at the moment; try again later."),
    close_codes.UNAUTHENTICATED: ("auth_required", "Authentication is required."),
    close_codes.FORBIDDEN: ("forbidden", "You are not allowed to use this."),
    close_codes.NOT_FOUND: ("not_found", "not_found"),
    close_codes.TOO_LARGE: ("too_large", "The message is too large."),
    close_codes.TOO_MANY: ("throttled", "Too many sockets or commands."),
}


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The socket is closed with `close_code`, after one frame with `code` and `error`."""

    def __init__(self, close_code: int, code: str = "", error: str = "") -> None:
        default_code, default_error = _DEFAULTS.get(close_code, ("refused", "Refused."))
        self.close_code = close_code
        self.code = code or default_code
        self.error = error or default_error
        super().__init__(self.error)


class CommandError(Exception):
    """One command fails: `code`, `error` (a sentence, or one a field) and more keys."""

    def __init__(self, code: str, error: str | dict[str, str], **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.error = error
        self.extra = extra


class BadRequest(CommandError):  # noqa: N818 - HTTP's name for it
    """The message is not a command: not JSON, not an object, too deep, no type."""

    def __init__(self, error: str) -> None:
        super().__init__("bad_request", error)
