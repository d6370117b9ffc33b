"""The AI host, honest and hostile: every answer becomes text or a failure with a sentence."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from core import aihost
from core.aihost import AiHost, AiHostFailed, AiHostRefused, Bounds, Form
from tests.support.answering import Asked, answering, http

BOUNDS = Bounds(total_s=20.0, max_bytes=1000)
FORM = Form(files={"image": ("a.png", b"\x89PNG", "image/png")}, fields={"prompt": "Что?"})
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def ask(url: str, bounds: Bounds = BOUNDS, check: Callable[[], None] = lambda: None) -> list[str]:
    """Ask and return the pieces."""
    return list(AiHost(url).ask("/api/x/", FORM, bounds, check=check))


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 413])
def test_an_answer_that_would_be_the_same_again_is_a_refusal(status: int) -> None:
    def answer(_: Asked) -> bytes:
        return http(status, b"secret", Location="http://127.0.0.1:1/elsewhere")

    with answering(answer) as server, pytest.raises(AiHostRefused) as refused:
        ask(server.url)

    assert (refused.value.code, str(refused.value)) == (
        "engine_http",
        f"AI endpoint error (HTTP {status})",
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_an_answer_that_may_pass_is_a_failure(status: int) -> None:
    with answering(lambda _: http(status)) as server, pytest.raises(AiHostFailed) as failed:
        ask(server.url)

    assert (failed.value.code, str(failed.value)) == (
        "engine_http",
        f"AI endpoint error (HTTP {status})",
    )


@pytest.mark.parametrize(
    "said",
    [b"", b"\x00\xff garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut short"],
)
def test_what_is_no_http_or_ends_early_may_pass(said: bytes) -> None:
    with answering(lambda _: said) as server, pytest.raises(AiHostFailed):
        ask(server.url)


def test_nobody_there_may_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(AiHostFailed) as failed:
        ask(f"http://127.0.0.1:{port}")

    assert str(port) not in str(failed.value)


def test_a_packed_answer_is_refused() -> None:
    said = http(200, b"\x1f\x8b", Content_Encoding="gzip")

    with answering(lambda _: said) as server, pytest.raises(AiHostRefused):
        ask(server.url)


def test_an_answer_without_an_end_is_cut_off() -> None:
    def endless(_: Asked) -> Iterator[bytes]:
        yield HEAD
        for _ in range(100_000):
            yield b"x" * 1000

    with answering(endless) as server, pytest.raises(AiHostRefused) as refused:
        ask(server.url)

    assert refused.value.code == "engine_http"


def test_a_host_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aihost, "IDLE_S", 0.3)

    def silent(_: Asked) -> Iterator[bytes]:
        yield HEAD + b"begun"
        time.sleep(5)

    with answering(silent) as server, pytest.raises(AiHostFailed, match="in time"):
        ask(server.url)


def test_a_host_that_trickles_its_headers_is_given_up() -> None:
    def trickle(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for number in range(200):
            yield b"X-%d: y\r\n" % number
            time.sleep(0.05)

    with answering(trickle) as server, pytest.raises(AiHostFailed):
        ask(server.url, Bounds(total_s=0.5, max_bytes=1000))


def test_the_caller_can_stop_while_the_host_is_silent() -> None:
    def silent(_: Asked) -> Iterator[bytes]:
        time.sleep(10)
        yield HEAD

    with answering(silent) as server:

        def check() -> None:
            if server.requests:
                raise InterruptedError("cancelled")

        with pytest.raises(InterruptedError, match="cancelled"):
            ask(server.url, check=check)


def test_a_character_may_be_cut_anywhere() -> None:
    text = "Счёт № 5 — 漢字 🙂"

    def by_bytes(_: Asked) -> Iterator[bytes]:
        yield HEAD
        for byte in text.encode():
            yield bytes([byte])
            time.sleep(0.002)

    with answering(by_bytes) as server:
        pieces = ask(server.url)

    assert "".join(pieces) == text
    assert len(pieces) > 1


def test_bytes_that_are_no_text_are_replaced() -> None:
    with answering(lambda _: http(200, b"a\xff\xfeb\xd0")) as server:
        assert "".join(ask(server.url)) == "a\ufffd\ufffdb\ufffd"


def test_the_form_has_the_fields_and_the_file() -> None:
    with answering(lambda _: http(200, b"ok")) as server:
        ask(f"{server.url}/base/")

    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/base/api/x/")
    assert b'name="image"; filename="a.png"' in request.body
    assert "Что?".encode() in request.body
