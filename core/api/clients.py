"""Who is calling: the client's address, behind proxies that are trusted by name."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from core.accounts.models import User
from core.api.parsers import NoBody

Address = IPv4Address | IPv6Address


def account_of(request: Request) -> User:
    """Return the account behind a request. Raises: `NotAuthenticated`."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def authenticated(request: HttpRequest) -> User:
    """Return who asks, by a token, or by a session and its CSRF token, as DRF's views tell it.

    For who has to know before a body is read. Raises: DRF's `NotAuthenticated`,
    `AuthenticationFailed`, `PermissionDenied`.
    """
    authenticators = APIView().get_authenticators()
    before = request.user
    try:
        user = Request(request, parsers=[NoBody()], authenticators=authenticators).user
        if not isinstance(user, User):
            raise NotAuthenticated
    except APIException as error:
        # DRF has made nobody of the user; the view may ask again, and is to hear the same.
        request.user = before
        if isinstance(error, NotAuthenticated | AuthenticationFailed):
            error.auth_header = authenticators[0].authenticate_header(Request(request))  # type: ignore[union-attr] # DRF's views set it likewise
        raise
    return user


def client_ip(source: HttpRequest | Request | Mapping[str, Any]) -> str | None:
    """Return the caller's address, of a request or an ASGI scope; None on a unix socket.

    That is the peer, unless `CORE_TRUSTED_PROXIES` names it: then it is the right-most
    address of `X-Forwarded-For` that is not trusted. What stands left of it is hearsay.
    """
    peer, forwarded = _of_scope(source) if isinstance(source, Mapping) else _of_request(source)
    found = _address(peer)
    hops = forwarded.split(",")
    while found is not None and _is_trusted(found) and hops:
        hop = _address(hops.pop())
        if hop is None:
            break
        found = hop
    return None if found is None else str(found)


def throttle_key(ip: str | None) -> str:
    """Return what an address is counted by: one IPv6 customer has a whole /64 (RFC 6177)."""
    if ip is None:
        return "local"
    return str(ip_network(f"{ip}/64", strict=False)) if ":" in ip else ip


def _of_request(request: HttpRequest | Request) -> tuple[str, str]:
    return request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", "")


def _of_scope(scope: Mapping[str, Any]) -> tuple[str, str]:
    values = [value for name, value in scope.get("headers", ()) if name == b"x-forwarded-for"]
    return (scope.get("client") or ("", 0))[0], b",".join(values).decode("latin-1")


def _address(text: str) -> Address | None:
    """Read `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]:80`; a zone is dropped."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.CORE_TRUSTED_PROXIES)
