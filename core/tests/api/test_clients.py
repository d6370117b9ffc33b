"""The client's address, and who is believed about it (core contract, 3.6)."""

from ipaddress import ip_network

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied

from core.api.clients import authenticated, client_ip, throttle_key

PROXY, NEXT, CLIENT = "10.0.0.1", "10.0.0.2", "198.51.100.7"


def both(peer: str, forwarded: list[str]) -> set[str | None]:
    """Ask by request and by ASGI scope, which must agree."""
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = ",".join(forwarded)
    scope = {
        "client": (peer, 1234) if peer else None,
        "headers": [(b"host", b"x"), *((b"x-forwarded-for", f.encode()) for f in forwarded)],
    }
    return {client_ip(request), client_ip(scope)}


@pytest.fixture
def trusted(settings) -> None:
    settings.CORE_TRUSTED_PROXIES = [ip_network("10.0.0.0/24"), ip_network("2001:db8:1::/48")]


@pytest.mark.parametrize("forwarded", [[], [CLIENT], ["1.1.1.1", "2.2.2.2"], ["<script>"]])
def test_without_trusted_proxies_only_the_peer_counts(forwarded: list[str]) -> None:
    assert both(PROXY, forwarded) == {PROXY}


@pytest.mark.parametrize("forwarded", [[], ["1.1.1.1"], [PROXY]])
def test_a_peer_that_is_not_trusted_is_not_believed(trusted, forwarded: list[str]) -> None:
    assert both(CLIENT, forwarded) == {CLIENT}


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ([], PROXY),
        ([""], PROXY),
        (["garbage"], PROXY),
        (["1.1.1.1, garbage"], PROXY),
        (["999.1.1.1"], PROXY),
        ([CLIENT], CLIENT),
        ([f"  {CLIENT}  "], CLIENT),
        ([f"{CLIENT}:443"], CLIENT),
        ([f"1.1.1.1, {CLIENT}"], CLIENT),
        (["1.1.1.1", CLIENT], CLIENT),
        ([f"1.1.1.1, {CLIENT}, {NEXT}"], CLIENT),
        ([f"{CLIENT}, garbage, {NEXT}"], NEXT),
        ([f"{NEXT}, {PROXY}"], NEXT),
        (["2001:db8:9::5"], "2001:db8:9::5"),
        (["[2001:db8:9::5]:443"], "2001:db8:9::5"),
        (["[2001:db8:9::5"], "2001:db8:9::5"),
        (["fe80::1%eth0"], "fe80::1"),
        ([f"::ffff:{CLIENT}"], CLIENT),
        ([f"{CLIENT}, 2001:db8:1::1"], CLIENT),
        (["," * 5000], PROXY),
    ],
)
def test_behind_trusted_proxies_the_right_most_other_hop_counts(
    trusted, forwarded: list[str], found: str
) -> None:
    assert both(PROXY, forwarded) == {found}


def test_a_trusted_peer_may_come_as_a_mapped_address(trusted) -> None:
    assert both(f"::ffff:{PROXY}", [CLIENT]) == {CLIENT}


def test_a_unix_socket_has_no_address(trusted) -> None:
    assert both("", [CLIENT]) == {None}


def test_an_ipv6_customer_is_counted_as_one() -> None:
    assert throttle_key("2001:db8:1:2::3") == throttle_key("2001:db8:1:2:ffff::9")
    assert throttle_key("2001:db8:1:2::3") != throttle_key("2001:db8:1:3::3")
    assert throttle_key("198.51.100.7") != throttle_key("198.51.100.8")
    assert throttle_key(None) == "local"


class Unreadable:
    """A body that nobody may ask for."""

    def read(self, *_size: int) -> bytes:
        raise AssertionError("a byte was asked for")


@pytest.fixture
def ask():
    """Return a function that makes a POST whose body may not be read."""

    def make(user=None, **headers):
        kind = "multipart/form-data; boundary=b"
        request = RequestFactory().post("/", CONTENT_TYPE=kind, CONTENT_LENGTH="9", **headers)
        request._stream = Unreadable()
        request.user = user or AnonymousUser()
        return request

    return make


@pytest.mark.parametrize(
    ("headers", "error"),
    [({}, NotAuthenticated), ({"HTTP_AUTHORIZATION": "Bearer x"}, AuthenticationFailed)],
)
def test_a_stranger_is_told_how_to_come_in(ask, headers, error) -> None:
    with pytest.raises(error) as refused:
        authenticated(ask(**headers))

    assert refused.value.auth_header.startswith("Bearer")


def test_a_session_needs_its_csrf_token_in_the_header(ask, user) -> None:
    request = ask(user)

    with pytest.raises(PermissionDenied):
        authenticated(request)

    assert request.user == user


def test_a_session_with_its_csrf_token_opens_without_the_body_being_read(ask, user) -> None:
    secret = "a" * 32
    request = ask(user, HTTP_X_CSRFTOKEN=secret)
    request.COOKIES["csrftoken"] = secret

    assert authenticated(request) == user


def test_a_token_opens_without_the_body_being_read(ask, user, access_token) -> None:
    request = ask(HTTP_AUTHORIZATION=f"Bearer {access_token(user)}")

    assert authenticated(request) == user
