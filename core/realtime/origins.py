"""Which web pages may open sockets: the Origin check (RFC 6455, 10.2; core contract, 2.2)."""

from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from core.realtime.asgi import Scope
from core.realtime.credentials import header_of

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def is_allowed_origin(scope: Scope) -> bool:
    """Return whether the handshake comes from a page that may open sockets.

    Without an Origin it is no browser: the token is the credential then, not a cookie.
    Allowed are `CORE_WS_ALLOWED_ORIGINS` (when empty: the hosts of `ALLOWED_HOSTS` on any
    port, and `CORS_ALLOWED_ORIGINS`), and the host that serves the socket itself.
    """
    hosts = header_of(scope, b"host")
    return all(_is_allowed(origin, hosts) for origin in header_of(scope, b"origin"))


def _is_allowed(origin: str, hosts: list[str]) -> bool:
    parts = _split(origin)
    if parts is None:
        return False
    return _is_listed(parts) or _is_own_host(parts, hosts)


def _split(origin: str) -> SplitResult | None:
    """Take an origin apart; None for `null` and whatever else is none."""
    try:
        parts = urlsplit(origin)
        has_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if has_address and parts.scheme in _DEFAULT_PORTS else None


def _is_listed(parts: SplitResult) -> bool:
    if settings.CORE_WS_ALLOWED_ORIGINS:
        return any(_matches(parts, one) for one in settings.CORE_WS_ALLOWED_ORIGINS)
    if any(_matches(parts, one) for one in settings.CORS_ALLOWED_ORIGINS):
        return True
    return validate_host(_host(parts), settings.ALLOWED_HOSTS)


def _matches(parts: SplitResult, allowed: str) -> bool:
    """Compare with an origin (`https://a.example:8443`), a host (`.example`) or `*`."""
    if "://" not in allowed:
        return validate_host(_host(parts), [allowed])
    other = _split(allowed)
    return other is not None and _key(parts) == _key(other)


def _is_own_host(parts: SplitResult, hosts: list[str]) -> bool:
    """Return whether the page came from the very host and port this socket was asked of."""
    if len(hosts) != 1:
        return False
    name, port = split_domain_port(hosts[0])
    own_port = int(port) if port.isdigit() else _DEFAULT_PORTS[parts.scheme]
    is_same = (name, own_port) == (_host(parts), _key(parts)[2])
    return is_same and validate_host(name, settings.ALLOWED_HOSTS)


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    return f"[{name}]" if ":" in name else name


def _key(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, _host(parts), parts.port or _DEFAULT_PORTS[parts.scheme]
