"""Reading the token or ticket of a handshake, and taking it out of the ASGI scope.

The platform's four ways (platform contract, section 5): an `Authorization: Bearer`
header, the sub-protocol pair `jwt, <token>`, `?token=` and `?ticket=`; the first one
present counts. What is left in the scope is masked, so that no error report holds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import parse_qsl

from core.realtime.asgi import Scope
from core.realtime.redaction import MASK, mask_query

MAX_PARAMETERS = 100


@dataclass(frozen=True)
class Credentials:
    """What the client presented; `subprotocol` is the one to answer with, never the token."""

    token: str = field(default="", repr=False)
    ticket: str = field(default="", repr=False)
    subprotocol: str | None = None

    @property
    def are_given(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.token or self.ticket)


def take_credentials(scope: Scope, subprotocols: Sequence[str] = ("jwt",)) -> Credentials:
    """Return the credentials in a scope, and mask them there."""
    offered = list(scope.get("subprotocols", []))
    query = scope.get("query_string", b"").decode("latin-1")
    parameters = _parameters(query)
    subprotocol, paired_token = _pair(offered, subprotocols)
    token = _bearer(scope["headers"]) or paired_token or parameters.get("token", "")
    scope["headers"] = [(name, _masked(name, value)) for name, value in scope["headers"]]
    scope["subprotocols"] = [subprotocol] if subprotocol else offered
    scope["query_string"] = mask_query(query).encode("latin-1")
    return Credentials(token, parameters.get("ticket", ""), subprotocol)


def query_of(scope: Scope) -> dict[str, str]:
    """Return the parameters of an address, the first of each name."""
    return _parameters(scope.get("query_string", b"").decode("latin-1"))


def header_of(scope: Scope, name: bytes) -> list[str]:
    """Return all values of a header; `name` is lower case."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _pair(offered: Sequence[str], names: Sequence[str]) -> tuple[str | None, str]:
    """Find `jwt` among the offered sub-protocols and the token that follows it."""
    for name, following in pairwise([*offered, ""]):
        if name.lower() in names:
            return name, following
    return None, ""


def _bearer(headers: Sequence[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        scheme, _, token = value.decode("latin-1").strip().partition(" ")
        if name.lower() == b"authorization" and scheme.lower() == "bearer":
            return token.strip()
    return ""


def _masked(name: bytes, value: bytes) -> bytes:
    if name.lower() not in (b"authorization", b"sec-websocket-protocol"):
        return value
    separator = b" " if name.lower() == b"authorization" else b","
    first, found, _ = value.partition(separator)
    return first + found + MASK.encode() if found else value
