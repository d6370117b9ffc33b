"""The frames that sockets of every app may send, as types."""

from typing import Literal, NotRequired, TypedDict


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
