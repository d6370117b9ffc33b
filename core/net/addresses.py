"""Which addresses may be reached: public ones, and what `OUTBOUND_ALLOW` names besides.

Public is what the IANA registries do not set apart for special purposes (RFC 6890), without
the forms of IPv6 that carry an IPv4 address, since whoever translates them decides where
they lead.
"""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]

HTTPS_PORT = 443
_ENTRY = re.compile(r"\[(?P<six>[^\[\]]+)\](?::(?P<six_port>\d{1,5}))?"
                    r"|(?P<four>[^:\[\]]+)(?::(?P<four_port>\d{1,5}))?"
                    r"|(?P<bare>[^\[\]]+)")  # fmt: skip
_NOT_PUBLIC_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; one cloud keeps its metadata here
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, on a public address
        "169.254.0.0/16",  # link-local, where most clouds keep their metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
# All that is global lies here: no loopback, link-local, unique local, multicast, IPv4-mapped
# or IPv4-compatible address, and no NAT64 prefix (64:ff9b::/96, 64:ff9b:1::/48).
_GLOBAL_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocols of the IETF: Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
]


@dataclass(frozen=True)
class Allowed:
    """A network that may be reached beside the public ones, on one port or on all."""

    network: IPv4Network | IPv6Network
    port: int | None

    def has_port(self, port: int) -> bool:
        """Return whether the entry is about this port."""
        return self.port in (None, port)

    def covers(self, address: IpAddress, port: int) -> bool:
        """Return whether the entry allows a connection."""
        return self.has_port(port) and address in self.network


def parse_allowed(entry: str) -> Allowed:
    """Read `10.1.0.0/16`, `127.0.0.1:9000`, `fd00::/8` or `[::1]:9000`.

    Raises: `ValueError` when it is nothing of the kind.
    """
    match = _ENTRY.fullmatch(entry.strip())
    if match is None:
        raise ValueError(entry)
    port_text = match["six_port"] or match["four_port"]
    port = int(port_text) if port_text else None
    if port is not None and not 0 < port < 2**16:
        raise ValueError(entry)
    return Allowed(ip_network(match["six"] or match["four"] or match["bare"], strict=False), port)


def is_public(address: IpAddress) -> bool:
    """Return whether an address belongs to the internet at large."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.scope_id or address not in _GLOBAL_6:
        return False
    return not any(address in network for network in _NOT_PUBLIC_6)


def may_reach(address: IpAddress, port: int, allowed: Sequence[Allowed], *, is_https: bool) -> bool:
    """Return whether a connection may be made: https to the public, or as the operator named."""
    if is_https and port == HTTPS_PORT and is_public(address):
        return True
    return any(one.covers(address, port) for one in allowed)


def literal(host: str) -> IpAddress | None:
    """Return the address that a host is when it is no name, in every notation systems read.

    `inet_aton(3)` also takes octal, hexadecimal and shortened forms, as the resolver does.
    Raises: `ValueError` for what looks like an address and is none (WHATWG URL, "ends in a
    number").
    """
    bare = host.rstrip(".")
    try:
        return ip_address(bare)
    except ValueError:
        if ":" in bare:
            raise
    if re.fullmatch(r"0[xX][0-9a-fA-F]*|[0-9]+", bare.rpartition(".")[2]):
        try:
            return IPv4Address(socket.inet_aton(bare))
        except OSError as error:
            raise ValueError(host) from error
    return None


def resolve(host: str, port: int) -> list[str]:
    """Ask the system which addresses a name has, once. Raises: `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
