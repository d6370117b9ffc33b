"""The frames that sockets of every app may send, as types."""

from typing import Literal, NotRequired, TypedDict


class ErrorFrame(TypedDict):
    """A command failed, or the socket is about to be closed."""

    type: Literal["error"]
    code: str
    error: str | dict[str, str]
    command: NotRequired[str]
    error_id: NotRequired[str]
    request_id: NotRequired[str | int]


class AuthExpiring(TypedDict):
    """The token runs out in `expires_in` seconds; the socket then closes with 4401."""

    type: Literal["auth.expiring"]
    expires_in: int


class Authenticated(TypedDict):
    """The answer to `authenticate`; `expires_at` is ISO 8601."""

    type: Literal["authenticated"]
    user: str
    expires_at: str
    request_id: NotRequired[str | int]
