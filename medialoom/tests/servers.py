"""Servers that answer as a test says: what a broken, or a hostile, platform would do."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from websockets.sync.server import ServerConnection, serve

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Looks up what to answer; notes what was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), self.body))
        answer = self.server.answers.get((self.command, path))
        if answer is None:
            self.say(404, {"detail": "Not Found"})
        else:
            answer(self)

    do_POST = do_HEAD = do_PATCH = do_DELETE = do_GET  # noqa: N815 - as the library calls them

    def say(self, status: int, body: object = b"", **headers: object) -> None:
        """Answer; what is no bytes goes as JSON. `length` is told instead of the true one."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        length = headers.pop("length", len(content))
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        if length != len(content):
            self.close_connection = True

    def drop(self) -> None:
        """Break the connection without an answer."""
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """`answers` by method and path; `seen` holds method, path, headers and body of each call."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[tuple[str, str], Answer] = {}
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Give these answers one after another, the last one ever after."""
        left = list(answers)

        def answer(handler: Handler) -> None:
            (left.pop(0) if len(left) > 1 else left[0])(handler)

        self.answers[method, path] = answer

    def says(self, method: str, path: str, status: int, body: object = b"", **headers: object):
        """Give one and the same answer always."""
        self.on(method, path, lambda handler: handler.say(status, body, **headers))

    def calls(self, method: str) -> list[tuple[str, str, dict[str, str], bytes]]:
        return [call for call in self.seen if call[0] == method]


@contextmanager
def http_server() -> Iterator[Server]:
    """Serve HTTP for as long as the block lasts."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def socket_server(*talks: Callable[[ServerConnection], None], **more: object) -> Iterator[str]:
    """Serve sockets: each connection has the next of the talks, the last one ever after."""
    left = list(talks)

    def talk(connection: ServerConnection) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    with serve(talk, "127.0.0.1", 0, **more) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()
