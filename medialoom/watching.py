"""One socket for any number of requests, opened again as often as it breaks."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from medialoom.errors import BadAnswer, ClientError, NotAllowed, Unreachable
from medialoom.pauses import pause
from medialoom.progress import Progress
from medialoom.session import Session

PATH = "/api/v1/status/ws/?extended=1"
OPEN_S = 10.0
ASK_AGAIN_S = 30.0
LOGIN_OVER = 4401
# A server closes above fifty frames a second for five seconds.
FRAMES_AT_ONCE, PAUSE_S = 200, 5.0
MAX_FRAME_BYTES = 2**20


class Watch:
    """Iterate to see every change of the requests, each until its end.

    A lost connection is made again for `patience_s` seconds in a row. Raises: `ClientError`.
    """

    def __init__(self, session: Session, rids: Iterable[str], patience_s: float = 120.0) -> None:
        self._session = session
        self._patience_s = patience_s
        self._known = {rid: Progress(rid) for rid in rids}
        self._open = set(self._known)
        self._heard_at_s = 0.0
        self._is_renewed = False

    def __iter__(self) -> Iterator[Progress]:
        self._heard_at_s = time.monotonic()
        tries = 0
        while self._open:
            heard_at_s = self._heard_at_s
            try:
                with self._connection() as socket:
                    yield from self._listen(socket)
            except (OSError, ConnectionClosed, InvalidHandshake) as error:
                tries = 0 if self._heard_at_s > heard_at_s else tries + 1
                self._wait_before_another(error, tries)

    def _connection(self) -> ClientConnection:
        return connect(
            "ws" + self._session.url_of(PATH).removeprefix("http"),
            additional_headers=self._session.authorization(),
            open_timeout=OPEN_S,
            max_size=MAX_FRAME_BYTES,
        )

    def _wait_before_another(self, error: Exception, tries: int) -> None:
        if _is_about_login(error):
            if self._is_renewed or not self._session.renew():
                message = "The server wants a login to show that: `medialoom login`."
                raise NotAllowed(message) from error
            self._is_renewed = True
            return
        if isinstance(error, InvalidStatus) and error.response.status_code == 404:
            raise BadAnswer("The server has no socket for requests.") from error
        if time.monotonic() - self._heard_at_s > self._patience_s:
            raise Unreachable(f"{self._session.server} cannot be reached: {error}.") from error
        # Whoever comes back at once, with everybody else, keeps a starting server from starting.
        pause(tries)

    def _listen(self, socket: ClientConnection) -> Iterator[Progress]:
        self._subscribe(socket)
        while self._open:
            try:
                frame = _frame(socket.recv(timeout=ASK_AGAIN_S))
            except TimeoutError:
                self._ask(socket, self._open)
                continue
            self._heard_at_s, self._is_renewed = time.monotonic(), False
            yield from self._news(socket, frame)

    def _subscribe(self, socket: ClientConnection) -> None:
        # What happened before the subscription is in the answer to `sync`, an end as well.
        self._say(socket, ((kind, rid) for rid in sorted(self._open) for kind in ("sub", "sync")))

    def _ask(self, socket: ClientConnection, rids: Iterable[str]) -> None:
        self._say(socket, (("sync", rid) for rid in rids))

    def _say(self, socket: ClientConnection, frames: Iterable[tuple[str, str]]) -> None:
        for count, (kind, rid) in enumerate(frames, 1):
            socket.send(json.dumps({"type": kind, "rid": rid}))
            if count % FRAMES_AT_ONCE == 0:
                time.sleep(PAUSE_S)  # see above

    def _news(self, socket: ClientConnection, frame: dict[str, Any]) -> Iterator[Progress]:
        if frame.get("type") == "error":
            _require_harmless(frame)
            return
        rid = frame.get("rid")
        if not isinstance(rid, str) or rid not in self._open:
            return
        before = self._known[rid]
        after = self._known[rid] = before.after(frame)
        if after.is_final:
            self._open.discard(rid)
        elif after.stage > 0 and after.stages < 1:
            self._ask(socket, [rid])
        if after != before or after.is_final:
            yield after


def _frame(text: str | bytes) -> dict[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        frame = None
    if not isinstance(frame, dict):
        raise BadAnswer("The server's socket does not speak JSON.")
    return frame


def _require_harmless(frame: dict[str, Any]) -> None:
    """Let pass what the answer to `sync` tells better. Raises: `ClientError`."""
    if frame.get("isValidation"):
        raise BadAnswer("The server does not understand this client.")
    if frame.get("code") == 6:
        raise ClientError("The server shows no more requests at once: watch fewer.")


def _is_about_login(error: Exception) -> bool:
    if isinstance(error, InvalidStatus):
        return error.response.status_code in (401, 403)
    return (
        isinstance(error, ConnectionClosed)
        and error.rcvd is not None
        and error.rcvd.code == LOGIN_OVER
    )
