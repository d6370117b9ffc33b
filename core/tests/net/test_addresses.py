"""Which addresses are public, and what may be written into `OUTBOUND_ALLOW`."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.net.addresses import is_public, literal, may_reach, parse_allowed

NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
    *("127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192"),
    *("192.168.1.1", "198.18.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:0:1::1"),
    *("fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("3fff::1", "100::1", "4000::1"),
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_what_is_set_apart_is_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_the_internet_at_large_is_public(text):
    assert is_public(ip_address(text))


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_python_knows_as_not_global_is_never_public(address: IPv4Address | IPv6Address):
    is_odd = not address.is_global or address.is_multicast or address.is_reserved

    assert not (is_odd and is_public(address))


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_reached_inside_an_ipv6_one(address: IPv4Address):
    mapped, translated = IPv6Address(f"::ffff:{address}"), IPv6Address(f"64:ff9b::{address}")

    assert not is_public(mapped)
    assert not is_public(translated)


@pytest.mark.parametrize(
    "entry",
    ["", "localhost", "example.org:443", "10.0.0.0/33", "10.0.0.1:0", "10.0.0.1:65536", "1.2.3",
     "10.0.0.1:http", "[::1", "::1]:80", "[10.0.0.1]:x", "http://10.0.0.1", "10.0.0.1:80:80",
     "[::1]80", "10.0.0.1:"],
)  # fmt: skip
def test_a_malformed_entry_is_refused(entry):
    with pytest.raises(ValueError, match=r".*"):
        parse_allowed(entry)


@pytest.mark.parametrize(
    ("entry", "address", "port", "is_covered"),
    [
        ("10.1.0.0/16", "10.1.2.3", 9, True),
        ("10.1.0.0/16", "10.2.0.1", 9, False),
        ("10.1.2.3/16", "10.1.9.9", 9, True),
        ("127.0.0.1:9000", "127.0.0.1", 9000, True),
        ("127.0.0.1:9000", "127.0.0.1", 9001, False),
        ("127.0.0.1:9000", "::ffff:127.0.0.1", 9000, False),
        ("[::1]:9000", "::1", 9000, True),
        ("[fd00::/8]:80", "fd12::1", 80, True),
        ("fd00::/8", "fd12::1", 81, True),
        ("::1", "127.0.0.1", 80, False),
    ],
)
def test_an_entry_covers_its_network_on_its_port(entry, address, port, is_covered):
    assert parse_allowed(entry).covers(ip_address(address), port) == is_covered


@pytest.mark.parametrize(
    ("address", "port", "is_https", "is_fine"),
    [
        ("8.8.8.8", 443, True, True),
        ("8.8.8.8", 443, False, False),
        ("8.8.8.8", 8443, True, False),
        ("127.0.0.1", 443, True, False),
        ("10.0.0.5", 80, False, True),
        ("10.0.0.5", 81, False, False),
    ],
)
def test_only_https_on_its_port_reaches_the_public(address, port, is_https, is_fine):
    allowed = [parse_allowed("10.0.0.0/8:80")]

    assert may_reach(ip_address(address), port, allowed, is_https=is_https) == is_fine


@pytest.mark.parametrize(
    ("host", "address"),
    [
        *[(host, "127.0.0.1") for host in ("127.0.0.1", "127.1", "0x7f.1", "2130706433")],
        *[(host, "127.0.0.1") for host in ("0177.0.0.1", "0x7F000001", "127.0.0.1.", "127.0.1")],
        ("0", "0.0.0.0"),
        ("::ffff:127.0.0.1", "::ffff:7f00:1"),
        ("0x08080808", "8.8.8.8"),
    ],
)
def test_an_address_is_known_in_every_notation(host, address):
    assert literal(host) == ip_address(address)


@pytest.mark.parametrize(
    "host", ["1.2.3.4.5", "256.0.0.1", "1.2.3.0x", "example.08", "::g", "9" * 40]
)
def test_what_ends_like_an_address_and_is_none_is_refused(host):
    with pytest.raises(ValueError, match=r".*"):
        literal(host)


@pytest.mark.parametrize("host", ["example.org", "localhost", "1.2.3.4.example", "0xyz", "x7", ""])
def test_a_name_is_no_address(host):
    assert literal(host) is None
