"""Connections that lead to the very address that was checked.

A name is looked up once, each of its addresses is judged, and the socket is opened to one of
these: what the name says a moment later (DNS rebinding) is never asked. TLS keeps the host's
name, so certificates are judged as ever.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore

from core.errors import Stopped
from core.net.addresses import Allowed, IpAddress, Resolve, may_reach
from core.net.errors import ForbiddenAddress

# How often `should_stop` is asked while the other side says nothing.
LOOK_EVERY_S = 1.0
# A socket with a timeout of zero would not wait at all.
LEAST_WAIT_S = 0.001


@dataclass(frozen=True)
class Patience:
    """How long one exchange may take in all, and whether its caller still wants it."""

    total_s: float | None = None
    should_stop: Callable[[], bool] | None = None

    def ends_at(self) -> float:
        """Return when an exchange that begins now has to be over, on the monotonic clock."""
        return float("inf") if self.total_s is None else time.monotonic() + self.total_s

    def check(self) -> None:
        """Ask whether to go on. Raises: `Stopped`."""
        if self.should_stop is not None and self.should_stop():
            raise Stopped


class PinnedBackend(httpcore.NetworkBackend):
    """Opens sockets for httpcore, for one scheme."""

    def __init__(
        self, *, is_https: bool, allowed: Sequence[Allowed], resolve: Resolve, patience: Patience
    ) -> None:
        self._is_https = is_https
        self._allowed = allowed
        self._resolve = resolve
        self._patience = patience
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - httpcore passes it
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of a host's addresses that answers, all within `timeout`.

        Raises: `ForbiddenAddress` when any of them must not be reached, `Stopped`,
        `httpcore.ConnectError`, `httpcore.ConnectTimeout`.
        """
        self._patience.check()
        ends_at = self._patience.ends_at()
        give_up_at = min(ends_at, time.monotonic() + timeout) if timeout is not None else ends_at
        addresses = self._checked(host, port)
        problem: Exception = httpcore.ConnectError("the name has no address")
        for index, address in enumerate(addresses):
            share_s = (give_up_at - time.monotonic()) / (len(addresses) - index)
            try:
                plain = self._plain.connect_tcp(
                    str(address), port, _limit(share_s), socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return PatientStream(plain, self._patience, ends_at)
        raise problem

    def _checked(self, host: str, port: int) -> list[IpAddress]:
        """Look a host up and judge all that is found. Raises: `ForbiddenAddress`."""
        try:
            addresses = [ip_address(text) for text in self._resolve(host, port)]
        except (OSError, ValueError) as error:
            raise httpcore.ConnectError("the name leads nowhere") from error
        for address in addresses:
            if not may_reach(address, port, self._allowed, is_https=self._is_https):
                raise ForbiddenAddress
        return addresses


class PatientStream(httpcore.NetworkStream):
    """A connection that ends when its time is over or its caller has lost interest."""

    def __init__(self, inner: httpcore.NetworkStream, patience: Patience, ends_at: float) -> None:
        self._inner = inner
        self._patience = patience
        self._ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what comes, a second at a time. Raises: `httpcore.ReadTimeout`, `Stopped`."""
        silent_until = time.monotonic() + timeout if timeout is not None else float("inf")
        while True:
            wait_s = self._left_s(silent_until - time.monotonic(), httpcore.ReadTimeout)
            try:
                return self._inner.read(max_bytes, _limit(min(wait_s, LOOK_EVERY_S)))
            except httpcore.ReadTimeout:
                if time.monotonic() >= silent_until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it. Raises: `httpcore.WriteTimeout`, `Stopped`."""
        self._inner.write(buffer, _limit(self._left_s(timeout, httpcore.WriteTimeout)))

    def close(self) -> None:
        """Close the socket."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Begin TLS under the host's own name. Raises: `httpcore.ConnectError`, `Stopped`."""
        limit_s = _limit(self._left_s(timeout, httpcore.ConnectTimeout))
        secured = self._inner.start_tls(ssl_context, server_hostname, limit_s)
        return PatientStream(secured, self._patience, self._ends_at)

    def get_extra_info(self, info: str) -> Any:
        """Say what the socket below knows."""
        return self._inner.get_extra_info(info)

    def _left_s(self, timeout: float | None, late: type[Exception]) -> float:
        """Return how long the next step may take. Raises: `late` when no time is left."""
        self._patience.check()
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise late("the exchange took too long")
        return left_s if timeout is None else min(left_s, timeout)


def _limit(wait_s: float) -> float | None:
    """Return a socket's timeout: None waits for ever."""
    return None if wait_s == float("inf") else max(wait_s, LEAST_WAIT_S)
