"""Status in front of Django: clients ask for it more often than for anything else.

All that is asked while the database is being read waits for one next reading, so that many
clients cost two queries and one change of threads together. What is not plain (a session,
another origin, a token that is refused, a database that is away) is Django's to answer,
whose view says the same (`media_api.views.status`).
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from time import time
from typing import NamedTuple
from urllib.parse import parse_qs
from uuid import UUID

from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from core.accounts.authentication import VERSION_CLAIM, TokenRefused, checked
from core.accounts.models import User
from core.prepared import Prepared
from core.realtime.asgi import Application, Receive, Scope, Send
from core.realtime.loops import in_thread, per_loop
from core.realtime.publish import encode
from media_api.config.live import current
from media_api.progress import gone_body, progress_of
from media_api.seen import RequestSeen, requests_seen
from media_api.selectors import is_rid

logger = logging.getLogger(__name__)

_PATH = re.compile(r"/api/v1/status(?:/(?P<rid>[^/]{1,64}))?/?")
_QUERY = re.compile(rb"request_id=[0-9a-zA-Z_.~-]{1,64}")
# Whoever brings one of these wants what only Django does.
_NOT_PLAIN = frozenset({b"cookie", b"origin", b"access-control-request-method"})
MOST_A_READING = 500
# While many ask, a reading waits this long for more of them: the change of threads, and of the
# interpreter's lock with it, costs more than the reading.
GATHER_S = 0.001
_VERSIONS = Prepared(
    lambda: User.objects.filter(is_active=True).order_by().values_list("pk", "token_version")
)
HEADERS = [
    (b"content-type", b"application/json"),
    (b"vary", b"Accept, Cookie, origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


class Asker(NamedTuple):
    """Whose token it is, as the token says: whether the account agrees is looked up each time."""

    user_id: UUID
    token_version: int
    expires_at: float


class Question(NamedTuple):
    """Who asks for which request; None is somebody without an account."""

    rid: str
    asker: Asker | None


class StatusDoor:
    """Answer plain questions for a status, and hand all else on to `app`."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        question = _question_in(scope)
        body = None if question is None else await reading().answer(question)
        if body is None:
            await self.app(scope, receive, send)
            return
        if question is not None and question.asker is not None:
            scope["user_id"] = str(question.asker.user_id)  # for the line of the log
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": body})


def _question_in(scope: Scope) -> Question | None:
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    match = _PATH.fullmatch(scope["path"])
    if match is None:
        return None
    query, rid = scope["query_string"], match["rid"]
    if rid is None:
        if not _QUERY.fullmatch(query):
            return None
        rid = parse_qs(query.decode("ascii"))["request_id"][0]
    elif query:
        return None
    return _asked_by(scope, rid)


def _asked_by(scope: Scope, rid: str) -> Question | None:
    """Return the question with the claims of its token, if that is good or none is needed."""
    bearer = b""
    for name, value in scope["headers"]:
        if name in _NOT_PLAIN or (name == b"authorization" and bearer):
            return None
        if name == b"authorization":
            bearer = value
    if not bearer:
        return None if current().auth.required else Question(rid, None)
    kind, _, raw = bearer.strip().partition(b" ")
    if kind.lower() != b"bearer":
        return None
    try:
        asker = _asker_of(raw.strip())
    except TokenRefused:
        return None
    return Question(rid, asker) if asker.expires_at > time() else None


@lru_cache(maxsize=1024)
def _asker_of(raw: bytes) -> Asker:
    """Return whose token it is, if its signature is good: it stays so until it has run out.

    Raises: `TokenRefused`.
    """
    claims = checked(AccessToken, raw).payload
    version = claims.get(VERSION_CLAIM)
    try:
        user_id = UUID(str(claims.get(api_settings.USER_ID_CLAIM)))
    except ValueError as error:
        raise TokenRefused from error
    if not isinstance(version, int):
        raise TokenRefused
    return Asker(user_id, version, claims["exp"])


class Reading:
    """The questions that wait for the next reading of the database, in one event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Question, asyncio.Future[bytes | None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._is_busy = False

    async def answer(self, question: Question) -> bytes | None:
        """Return the body of the answer; None where it is not ours to give."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting.append((question, answer))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._read())
        return await answer

    async def _read(self) -> None:
        while self._waiting:
            if self._is_busy:
                await asyncio.sleep(GATHER_S)
            some, self._waiting = (
                self._waiting[:MOST_A_READING],
                self._waiting[MOST_A_READING:],
            )
            self._is_busy = len(some) > 1
            bodies: Sequence[bytes | None] = [None] * len(some)
            try:
                bodies = await in_thread(_bodies, [question for question, _ in some])
            except Exception:
                logger.exception("states could not be read; Django is asked for them")
            finally:
                for (_, answer), body in zip(some, bodies, strict=True):
                    if not answer.done():
                        answer.set_result(body)


def _bodies(questions: list[Question]) -> list[bytes | None]:
    """Answer questions with one look at the accounts and one at the requests."""
    different = set(questions)  # Many may ask for one.
    welcome = _welcome({each.asker for each in different if each.asker is not None})
    rids = {each.rid for each in different if is_rid(each.rid)}
    rows = {row.rid: row for row in requests_seen([UUID(rid) for rid in rids])}
    told = {each: _body(each, rows.get(each.rid), welcome) for each in different}
    return [told[question] for question in questions]


def _body(question: Question, row: RequestSeen | None, welcome: set[Asker]) -> bytes | None:
    asker = question.asker
    if asker is not None and asker not in welcome:
        return None
    if row is None or row.owner_id not in (None, asker.user_id if asker else None):
        return encode(gone_body(question.rid)).encode()
    return encode(progress_of(row).body()).encode()


def _welcome(askers: set[Asker]) -> set[Asker]:
    """Return those whose account lets them in (as `core.accounts.authentication.user_of`)."""
    versions = set(_VERSIONS.rows([each.user_id for each in askers]))
    return {each for each in askers if (each.user_id, each.token_version) in versions}


reading = per_loop(Reading)
