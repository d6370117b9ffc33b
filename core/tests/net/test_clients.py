"""The client connects to what was checked, and to nothing else."""

import itertools
import socket
import time

import httpx
import pytest

from core.errors import Stopped
from core.net.clients import body_of, client
from core.net.errors import ForbiddenAddress, RemoteTooLarge
from tests.support.answering import answering, http


def leading_to(*addresses):
    """A resolver under which every name has these addresses."""
    return lambda host, port: list(addresses)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "64:ff9b::7f00:1",
     "0.0.0.0", "fe80::1%eth0"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_connected_to(address):
    with client(resolve=leading_to(address)) as out, pytest.raises(ForbiddenAddress):
        out.get("https://innocent.example/")


def test_one_address_of_a_name_that_leads_inside_spoils_them_all():
    with client(resolve=leading_to("8.8.8.8", "127.0.0.1")) as out, pytest.raises(ForbiddenAddress):
        out.get("https://innocent.example/")


def test_a_name_that_leads_elsewhere_when_asked_again_is_asked_once():
    """The system, asked for `localhost`, would lead to the server."""
    asked = []

    def first_answer(host, port):
        asked.append(host)
        return ["127.0.0.2"]

    with answering(lambda _: http(200)) as server:
        out = client(allow=[*server.allow, f"127.0.0.2:{server.port}"], resolve=first_answer)
        with out, pytest.raises(httpx.ConnectError):
            out.get(f"http://localhost:{server.port}/")

    assert asked == ["localhost"]
    assert server.connections == 0


def test_a_name_without_an_address_is_a_failed_connection():
    def nothing(host, port):
        raise OSError("no such name")

    for resolve in (nothing, leading_to()):
        with client(resolve=resolve) as out, pytest.raises(httpx.ConnectError):
            out.get("https://innocent.example/")


def test_http_to_the_public_is_refused_also_on_the_port_of_https():
    with (
        client(resolve=leading_to("8.8.8.8"), allow=["127.0.0.1:443"]) as out,
        pytest.raises(ForbiddenAddress),
    ):
        out.get("http://innocent.example:443/")


def test_a_user_name_in_the_address_is_refused():
    with (
        answering(lambda _: http(200)) as server,
        client(allow=server.allow) as out,
        pytest.raises(ForbiddenAddress),
    ):
        out.get(f"http://ada:secret@127.0.0.1:{server.port}/")

    assert server.connections == 0


def test_the_second_address_is_tried_when_the_first_does_not_answer():
    with answering(lambda _: http(200, b"here")) as server:
        allow = [*server.allow, f"127.0.0.3:{server.port}"]
        with client(allow=allow, resolve=leading_to("127.0.0.3", "127.0.0.1")) as out:
            assert out.get(f"http://some.example:{server.port}/").text == "here"


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    with answering(lambda _: http(200, b"direct")) as server, answering(lambda _: b"") as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with client(allow=server.allow) as out:
            assert out.get(server.url).text == "direct"

    assert proxy.connections == 0


def test_a_redirect_is_not_followed_unless_asked_for():
    with (
        answering(lambda _: http(302, Location="/else")) as server,
        client(allow=server.allow) as out,
    ):
        assert out.get(server.url).status_code == 302


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/", "http://localhost:1/", "file:///etc/passwd", "//[::1]/",
               "http://x:y@127.0.0.1/", "gopher://127.0.0.1/"]
)  # fmt: skip
def test_a_redirect_is_judged_like_the_first_address(target):
    with (
        answering(lambda _: http(302, Location=target)) as server,
        client(allow=server.allow, max_redirects=3) as out,
        pytest.raises((ForbiddenAddress, httpx.UnsupportedProtocol)),
    ):
        out.get(server.url)

    assert len(server.requests) == 1


def test_a_redirect_to_a_name_that_leads_inside_is_refused():
    def resolve(host, port):
        return ["127.0.0.1"]

    with (
        answering(lambda _: http(307, Location="https://innocent.example/")) as server,
        client(allow=server.allow, max_redirects=3, resolve=resolve) as out,
        pytest.raises(ForbiddenAddress),
    ):
        out.get(f"http://first.example:{server.port}/")


def test_three_redirects_are_followed_and_a_fourth_is_not():
    def answer(asked):
        left = int(asked.target.rpartition("/")[2])
        return http(302, Location=f"/{left - 1}") if left else http(200, b"arrived")

    with answering(answer) as server, client(allow=server.allow, max_redirects=3) as out:
        assert out.get(f"{server.url}/3").text == "arrived"
        with pytest.raises(httpx.TooManyRedirects):
            out.get(f"{server.url}/4")


def test_a_certificate_of_an_unknown_authority_is_refused(authority):
    with answering(lambda _: http(200), tls=authority.server_side("files.example")) as server:
        out = client(allow=server.allow, resolve=leading_to("127.0.0.1"))
        with out, pytest.raises(httpx.ConnectError, match="certificate"):
            out.get(f"https://files.example:{server.port}/")


def test_a_certificate_for_another_name_is_refused(authority):
    with answering(lambda _: http(200), tls=authority.server_side("other.example")) as server:
        out = client(allow=server.allow, resolve=leading_to("127.0.0.1"), ca_file=authority.ca_file)
        with out, pytest.raises(httpx.ConnectError, match="certificate"):
            out.get(f"https://files.example:{server.port}/")

    assert server.requests == []


def test_the_host_keeps_its_name_in_tls_and_in_the_request(authority):
    with answering(lambda _: http(200), tls=authority.server_side("files.example")) as server:
        out = client(allow=server.allow, resolve=leading_to("127.0.0.1"), ca_file=authority.ca_file)
        with out:
            assert out.get(f"https://files.example:{server.port}/").status_code == 200

    assert server.requests[0].headers["host"] == f"files.example:{server.port}"


def silence(_):
    yield b""
    time.sleep(20)


def drip(_):
    yield b"HTTP/1.1 200 OK\r\n"
    for number in itertools.count():
        yield f"X-Drop-{number}: x\r\n".encode()
        time.sleep(0.05)


def test_a_silent_server_is_left_after_the_idle_time():
    with (
        answering(silence) as server,
        client(allow=server.allow, idle_s=0.3) as out,
        pytest.raises(httpx.ReadTimeout),
    ):
        out.get(server.url)


def test_a_server_that_trickles_is_left_when_the_time_in_all_is_over():
    with (
        answering(drip) as server,
        client(allow=server.allow, total_s=0.5) as out,
        pytest.raises(httpx.ReadTimeout),
    ):
        out.get(server.url)


def test_a_server_that_says_nothing_at_the_start_of_tls_is_left():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        with (
            client(allow=[f"127.0.0.1:{port}"], total_s=0.5) as out,
            pytest.raises(httpx.ConnectTimeout),
        ):
            out.get(f"https://127.0.0.1:{port}")


def test_endless_headers_are_left():
    def endless(_):
        yield b"HTTP/1.1 200 OK\r\n"
        yield from itertools.repeat(b"X-More: " + b"x" * 8000 + b"\r\n")

    with (
        answering(endless) as server,
        client(allow=server.allow) as out,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        out.get(server.url)


def test_a_caller_that_wants_no_more_is_heard_while_the_server_is_silent():
    asked = iter([False] * 5)

    with answering(silence) as server:
        out = client(allow=server.allow, should_stop=lambda: next(asked, True))
        with out, pytest.raises(Stopped):
            out.get(server.url)


def test_nothing_is_connected_to_for_a_caller_that_wants_no_more():
    with (
        answering(lambda _: http(200)) as server,
        client(allow=server.allow, should_stop=lambda: True) as out,
        pytest.raises(Stopped),
    ):
        out.get(server.url)

    assert server.connections == 0


def test_a_body_that_outgrows_its_limit_is_not_read_on():
    def endless(_):
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        yield from itertools.repeat(b"x" * 1000)

    with (
        answering(endless) as server,
        client(allow=server.allow) as out,
        out.stream("GET", server.url) as response,
        pytest.raises(RemoteTooLarge),
    ):
        body_of(response, max_bytes=100_000)


def test_a_body_within_its_limit_is_read_whole():
    with (
        answering(lambda _: http(200, b"x" * 1000)) as server,
        client(allow=server.allow) as out,
        out.stream("GET", server.url) as response,
    ):
        assert body_of(response, max_bytes=1000) == b"x" * 1000
