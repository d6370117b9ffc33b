"""Where nginx asks whether a connection may send, read or stay.

HTTP on a port of 127.0.0.1 that the system chooses, below a path that nobody else knows.
A key is answered with the stream's inside name (a redirect), so that senders and readers
meet without knowing each other's key.
"""

import logging
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.db import Error as AnyDatabaseError
from django.db import connections

from transcode.live import sessions

logger = logging.getLogger(__name__)
MAX_BODY_BYTES = 64 * 1024
AT_ONCE = 4
OK, NO, NOT_NOW = 204, 403, 503


@contextmanager
def opened() -> Iterator[str]:
    """Answer in a thread for as long as the block lasts; give the address to ask at."""
    secret = secrets.token_urlsafe(16)
    handler = type("Handler", (_Handler,), {"secret": secret})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True, name="live-door")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{secret}"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingMixIn, HTTPServer):
    """Answers a few at a time.

    A change may wait for a locked database. Were others to wait behind it for ten seconds,
    nginx would let go of streams that have only asked whether they may stay.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._threads_kept = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="live-door")

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in one of a few threads, each with a connection to the database that it keeps."""
        self._threads_kept.submit(self.process_request_thread, request, client_address)

    def server_close(self) -> None:
        """Let who is being answered have the answer."""
        super().server_close()
        self._threads_kept.shutdown()


class _Handler(BaseHTTPRequestHandler):
    """One question: nginx waits for no answer, and asks others meanwhile."""

    secret: ClassVar[str]
    timeout = 5.0

    def do_POST(self) -> None:
        """Answer a form of nginx's."""
        length = int(self.headers.get("Content-Length") or 0)
        path, _, question = self.path.removeprefix("/").partition("/")
        if not secrets.compare_digest(path, self.secret) or not 0 < length <= MAX_BODY_BYTES:
            self._say(NO)
            return
        form = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
        said = {name: values[0] for name, values in form.items()}
        try:
            self._say(*answer(question, said.get("name", ""), said.get("clientid", "")))
        except AnyDatabaseError as error:
            logger.warning("the live ingest waits for the database: %s", type(error).__name__)
            connections.close_all()
            # Who is in stays in; who comes may come again.
            self._say(OK if question == "stay" else NOT_NOW)

    def _say(self, status: int, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
        """Say nothing: the path is a secret, and nginx asks every second."""


def answer(question: str, key: str, connection: str) -> tuple[int, str]:
    """Return status and, for whoever is let in, the inside name of the stream."""
    if question == "publish":
        return _let_in(str(sessions.may_publish(key, connection) or ""))
    if question == "play":
        return _let_in(str(sessions.may_play(key) or ""))
    if question == "stay":
        return (OK if sessions.may_go_on(key) else NO), ""
    if question == "left":
        sessions.has_left(key, connection)
        return OK, ""
    return NO, ""


def _let_in(name: str) -> tuple[int, str]:
    return (302, name) if name else (NO, "")
