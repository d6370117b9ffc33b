"""The addresses of the ingest: for people and runners, and for ourselves."""

import socket
from urllib.parse import urlsplit

from django.conf import settings

APPLICATION = "live"
# Where every address of the machine is listened on, or only its own.
_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not bound to
_LOOPBACK = "127.0.0.1"


def listen_address() -> str:
    """Return what the ingest listens on, as nginx writes it."""
    return f"{_bracketed(_named(settings.HOST))}:{settings.TRANSCODE_LIVE_RTMP_PORT}"


def public_address(base_url: str) -> str:
    """Return the ingest's address, without a key, at the host that people use."""
    base = settings.TRANSCODE_PUBLIC_URL or base_url
    host = urlsplit(base).hostname or _inside_host()
    return _address(host)


def own_address(key: str) -> str:
    """Return the address that our own programs read a stream at."""
    return f"{_address(_inside_host())}/{key}"


def readable(address: str) -> str:
    """Return where our own programs read a stream of which runners know `address`.

    The ingest is on this machine, or in a container beside it that only its public address
    leads to.
    """
    try:
        with socket.create_connection((_inside_host(), settings.TRANSCODE_LIVE_RTMP_PORT), 1.0):
            return own_address(address.rpartition("/")[2])
    except OSError:
        return address


def _inside_host() -> str:
    host = _named(settings.HOST)
    return _LOOPBACK if host in _EVERYWHERE else host


def _named(host: str) -> str:
    return _LOOPBACK if host == "localhost" else host


def _address(host: str) -> str:
    port = settings.TRANSCODE_LIVE_RTMP_PORT
    return f"rtmp://{_bracketed(host)}:{port}/{APPLICATION}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
