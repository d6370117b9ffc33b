"""An HTTP client whose connections go to checked addresses, and nowhere else."""

import ssl
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import certifi
import httpcore
import httpx

from core.net.addresses import Allowed, Resolve, parse_allowed, resolve
from core.net.errors import RemoteTooLarge
from core.net.pinned import Patience, PinnedBackend
from core.net.urls import check_parts

CONNECT_S = 10.0
IDLE_S = 60.0
USER_AGENT = "Medialoom"
READ_BYTES = 2**16
_MAX_CONNECTIONS = 10


def client(
    *,
    allow: Sequence[str] = (),
    connect_s: float = CONNECT_S,
    idle_s: float = IDLE_S,
    total_s: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    max_redirects: int = 0,
    ca_file: Path | None = None,
    resolve: Resolve = resolve,
) -> httpx.Client:
    """Return a client for https on port 443 of public addresses, and for what `allow` names.

    `allow` are networks as in `OUTBOUND_ALLOW`; there http and other ports are fine. `total_s`
    bounds each exchange, whatever trickles in. `should_stop` is asked at least once a second.
    Redirects are not followed unless `max_redirects` says how many; each is judged like the
    first address. `ca_file` is trusted besides the usual authorities. Proxies of the
    environment are not used: they would connect to what they please.
    Its calls raise `ForbiddenAddress`, `Stopped` and `httpx.HTTPError`.
    """
    allowed = [parse_allowed(entry) for entry in allow]
    trust = _trust(ca_file)
    patience = Patience(total_s, should_stop)

    def transport(*, is_https: bool) -> httpx.BaseTransport:
        return _PinnedTransport(
            PinnedBackend(is_https=is_https, allowed=allowed, resolve=resolve, patience=patience),
            trust,
        )

    return httpx.Client(
        transport=transport(is_https=True),
        mounts={"http://": transport(is_https=False)},
        timeout=httpx.Timeout(idle_s, connect=connect_s),
        trust_env=False,
        follow_redirects=max_redirects > 0,
        max_redirects=max_redirects,
        headers={"User-Agent": USER_AGENT},
        event_hooks={"request": [_judge(allowed)]},
    )


def body_of(response: httpx.Response, *, max_bytes: int) -> bytes:
    """Read a streamed response's whole body. Raises: `RemoteTooLarge`, `httpx.HTTPError`."""
    body = bytearray()
    for chunk in response.iter_bytes(READ_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise RemoteTooLarge
    return bytes(body)


def _judge(allowed: Sequence[Allowed]) -> Callable[[httpx.Request], None]:
    """Return what looks at every request before it leaves, those of redirects too."""
    return lambda request: check_parts(request.url, allowed)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return _usual_trust()
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_verify_locations(ca_file)
    return context


@cache
def _usual_trust() -> ssl.SSLContext:
    """Return the usual authorities: reading them costs more than a request."""
    return ssl.create_default_context(cafile=certifi.where())


class _PinnedTransport(httpx.HTTPTransport):
    """httpx's transport over a pool that opens its sockets with our backend.

    httpx has no argument for the backend. Its own `__init__` is not called: were the pool's
    name to change, requests would fail, not leave unchecked.
    """

    def __init__(self, backend: PinnedBackend, trust: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=_MAX_CONNECTIONS,
            # A connection is one exchange: its time is counted from its beginning.
            max_keepalive_connections=0,
            network_backend=backend,
        )
