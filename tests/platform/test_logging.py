"""Logs: every line traced to its request, no token in any."""

import contextlib
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
import websockets

from tests.platform.servers import Server, platform_server, read_all
from tests.support.waiting import wait_until

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.c2lnbmF0dXJlLW9mLWl0"
API_TOKEN = "0123456789abcdef" * 4


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def server(request, tmp_path_factory) -> Iterator[Server]:
    """Return the platform's web process, logging JSON."""
    folder = tmp_path_factory.mktemp(request.param)
    one = platform_server(folder, request.param, LOG_FORMAT="json", LOG_LEVEL="INFO")
    yield one
    one.close()


def ask(server: Server, target: str, headers: str = "", method: str = "GET") -> bytes:
    """Send one request; return the whole answer."""
    with server.connect() as client:
        client.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n".encode()
            + f"Connection: close\r\n{headers}\r\n".encode()
        )
        return read_all(client)


def lines_of(server: Server) -> list[dict[str, object]]:
    """Return the lines logged so far, each read as JSON."""
    return [json.loads(line) for line in server.text().splitlines() if line.startswith("{")]


def line_of(server: Server, request_id: str) -> dict[str, object]:
    """Return the access log's line of one request."""

    def found() -> dict[str, object] | None:
        fitting = [line for line in lines_of(server) if line.get("request_id") == request_id]
        return next((line for line in fitting if line["logger"] == "access"), None)

    return wait_until(found)


def request_id_in(answer: bytes) -> str:
    """Return the id in an answer's headers."""
    names = (line.partition(b": ") for line in answer.split(b"\r\n"))
    return next(value.decode() for name, _, value in names if name.lower() == b"x-request-id")


def test_a_request_gets_an_id_that_its_answer_and_its_line_carry(server: Server):
    answer = ask(server, "/nothing?token=" + JWT)

    line = line_of(server, request_id_in(answer))
    assert line["event"] == "GET /nothing 404"
    assert line["level"] == "info"
    assert isinstance(line["duration_ms"], int)
    assert str(line["timestamp"]).endswith("Z")


def test_a_sane_id_of_the_client_is_kept(server: Server):
    assert (
        request_id_in(ask(server, "/nothing", "X-Request-ID: trace-42.a_b\r\n")) == "trace-42.a_b"
    )


@pytest.mark.parametrize("bad", ["a b", "x" * 65, '{"a":1}', "a;b", "é"])
def test_an_id_that_could_forge_a_line_is_replaced(server: Server, bad):
    assert request_id_in(ask(server, "/nothing", f"X-Request-ID: {bad}\r\n")) != bad


def test_a_logged_in_user_stands_in_the_line(server: Server, transactional_db):
    # A server of its own on the test database: the module's server knows no such account.
    from core.accounts.models import User
    from core.accounts.tokens import access_token
    from tests.support.running import database_url

    user = User.objects.create_user("ada@example.org", "correct horse battery")
    own = platform_server(server.log.parent, "uvicorn", LOG_FORMAT="json", LOG_LEVEL="INFO",
                          DATABASE_URL=database_url())  # fmt: skip
    try:
        bearer = f"Authorization: Bearer {access_token(user)}\r\n"
        answer = ask(own, "/api/v1/jobs/", bearer)
        assert answer.startswith(b"HTTP/1.1 200")

        assert line_of(own, request_id_in(answer))["user_id"] == str(user.pk)
        assert "eyJ" not in own.text()
    finally:
        own.close()


@pytest.mark.case("core", 62)
async def test_no_token_reaches_the_log_whichever_way_it_came(server: Server):
    for headers in (None, {"Authorization": f"Bearer {JWT}"}):
        for target in (f"/ws/jobs/?token={JWT}", f"/ws/nope/?x=1&tok%65n={JWT}"):
            address = f"ws://127.0.0.1:{server.port}{target}"
            protocols = ["jwt", JWT] if headers is None else None
            async with websockets.connect(
                address, additional_headers=headers, subprotocols=protocols
            ) as client:
                with contextlib.suppress(websockets.ConnectionClosed):
                    while await client.recv():
                        """Read until it is closed, as 4401 or 4404."""
    ask(
        server,
        f"/nothing?access={JWT}",
        f"Authorization: Bearer {JWT}\r\nReferer: /?token={JWT}\r\n",
    )
    ask(server, f"/api/v1/core/uploads/{API_TOKEN}/", method="POST")
    answer = ask(server, f"/api/v1/core/uploads/ml_{API_TOKEN}/", method="POST")
    line_of(server, request_id_in(answer))

    assert "eyJ" not in server.text()
    assert API_TOKEN not in server.text()


def test_probes_do_not_fill_the_log(server: Server):
    ask(server, "/healthz")
    ask(server, "/readyz")
    line_of(server, request_id_in(ask(server, "/nothing")))

    assert "/healthz" not in server.text()
    assert "/readyz" not in server.text()


@pytest.fixture(params=["json", "console"])
def written(request, capsys, monkeypatch):
    """Return a function that logs through the platform's own format and gives the text."""
    import importlib

    from backend.settings import logging as module

    monkeypatch.setenv("LOG_FORMAT", request.param)
    importlib.reload(module)
    formatter_settings = dict(module.LOGGING["formatters"]["line"])
    formatter_settings.pop("()")
    formatter = structlog.stdlib.ProcessorFormatter(**formatter_settings)
    monkeypatch.delenv("LOG_FORMAT")

    def write(message: str, *args: object, error: BaseException | None = None) -> str:
        info = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord("some", logging.INFO, __file__, 1, message, args, info)
        return formatter.format(record)

    yield write
    importlib.reload(module)


def test_a_line_carries_what_is_known_of_its_job(written):
    with structlog.contextvars.bound_contextvars(job_id="j-1", user_id="u-1"):
        line = written("page %d of %d", 1, 2)

    assert "page 1 of 2" in line
    assert "j-1" in line
    assert "u-1" in line


def test_tokens_in_messages_arguments_and_tracebacks_are_masked(written):
    try:
        raise ValueError(f"GET /ws/?token={JWT} failed: Bearer {JWT} {JWT}")
    except ValueError as error:
        line = written("sent %s to uploads/%s/", f"?ticket={JWT}", API_TOKEN, error=error)

    assert "eyJ" not in line
    assert API_TOKEN not in line
    assert "Traceback" in line


def test_a_message_cannot_forge_a_second_json_line(written):
    line = written("first\n%s", '{"level": "error"}')

    if line.startswith("{"):
        assert "\n" not in line
        assert json.loads(line)["event"].startswith("first\n")
