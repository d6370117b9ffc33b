"""The link that a request may name as its input (Media API contract, 2.3)."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from core.errors import JobError
from media_api.schemas.errors import Fault, fault

YANDEX_REFUSAL = "Value error, Invalid Yandex Disk URL format"
YANDEX_HOSTS = frozenset({"disk.yandex.ru", "disk.360.yandex.ru"})

_SHARED = re.compile(r"/([A-Za-z]+)/([A-Za-z0-9_-]{14})/?")


def yandex_link(url: str) -> str | None:
    """Return a public link of Yandex Disk in its one spelling, or None for anything else.

    That spelling is https and has no query, so that equal inputs are known to be equal.
    """
    if not url.isascii() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host, shared = parts.netloc.lower().removesuffix(f":{port}"), _SHARED.fullmatch(parts.path)
    default_port = {"https": 443, "http": 80}.get(parts.scheme)
    if host not in YANDEX_HOSTS or not shared or default_port is None:
        return None
    if port not in (None, default_port):
        return None
    return f"https://{host}/{shared[1]}/{shared[2]}"


def source_link(url: str, *, is_any_allowed: bool, allow: Sequence[str]) -> str | Fault:
    """Return the link to fetch, or why it is none. `allow` is OUTBOUND_ALLOW."""
    if link := yandex_link(url):
        return link
    if not is_any_allowed:
        return fault(["url"], YANDEX_REFUSAL, "value_error")
    return refusal(["url"], url, allow) or url


def refusal(loc: Sequence[str], url: str, allow: Sequence[str]) -> Fault | None:
    """Return why an address may not be reached as far as its text tells."""
    from core.net.urls import check_url  # it brings a client of HTTP, which most requests spare

    try:
        check_url(url, allow=allow)
    except JobError as error:
        return fault(loc, f"Value error, {error}", "value_error")
    return None
