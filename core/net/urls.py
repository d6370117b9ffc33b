"""Judging an address by its text, before anything is looked up."""

import re
from collections.abc import Sequence

import httpx

from core.net.addresses import HTTPS_PORT, Allowed, literal, may_reach, parse_allowed
from core.net.errors import ForbiddenAddress

MAX_URL_CHARS = 8192
# Names in their ASCII form, and addresses; what else httpx would escape leads nowhere.
_HOST = re.compile(rb"[A-Za-z0-9._:-]+")
_PORTS = {"https": HTTPS_PORT, "http": 80}


def check_url(url: str, *, allow: Sequence[str] = ()) -> None:
    """Refuse what can be seen to be forbidden: scheme, port, user name, a literal address.

    `allow` are networks as in `OUTBOUND_ALLOW`. What a name leads to is judged when it is
    connected to (`core.net.pinned`). Raises: `ForbiddenAddress`.
    """
    if len(url) > MAX_URL_CHARS:
        raise ForbiddenAddress("This address is too long.")
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise ForbiddenAddress("This is not an address of the web.") from error
    check_parts(parts, [parse_allowed(entry) for entry in allow])


def check_parts(url: httpx.URL, allowed: Sequence[Allowed]) -> None:
    """Refuse a parsed address as `check_url` does. Raises: `ForbiddenAddress`."""
    if url.scheme not in _PORTS or not _HOST.fullmatch(url.raw_host):
        raise ForbiddenAddress("Only https addresses can be reached.")
    if url.userinfo:
        raise ForbiddenAddress("An address must not hold a user name or a password.")
    port = url.port if url.port is not None else _PORTS[url.scheme]
    try:
        address = literal(url.host)
    except ValueError as error:
        raise ForbiddenAddress from error
    is_https = url.scheme == "https"
    if address is not None:
        is_fine = may_reach(address, port, allowed, is_https=is_https)
    else:
        is_fine = (is_https and port == HTTPS_PORT) or any(one.has_port(port) for one in allowed)
    if not is_fine:
        raise ForbiddenAddress
