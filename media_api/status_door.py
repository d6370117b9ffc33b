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
from dataclasses import dataclass
from functools import lru_cache
from time import time
from typing import Any
from urllib.parse import parse_qs

import structlog
from django.core.exceptions import ValidationError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from core.accounts.authentication import VERSION_CLAIM, TokenRefused, checked
from core.accounts.models import User
from core.realtime.asgi import Application, Receive, Scope, Send
from core.realtime.loops import in_thread, per_loop
from core.realtime.publish import encode
from media_api.config.live import current
from media_api.progress import gone_body, progress_of
from media_api.selectors import is_rid, requests_named

logger = logging.getLogger(__name__)

_PATH = re.compile(r"/api/v1/status(?:/(?P<rid>[^/]{1,64}))?/?")
_QUERY = re.compile(rb"request_id=[0-9a-zA-Z_.~-]{1,64}")
# Whoever brings one of these wants what only Django does.
_NOT_PLAIN = frozenset({b"cookie", b"origin", b"access-control-request-method"})
MOST_A_READING = 500
HEADERS = [
    (b"content-type", b"application/json"),
    (b"vary", b"Accept, Cookie, origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


@dataclass(frozen=True)
class Question:
    """Who asks for which request; no claims are those of somebody without an account."""

    rid: str
    claims: dict[str, Any] | None


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
        if name in _NOT_PLAIN:
            return None
        if name == b"authorization":
            bearer = value
    if not bearer:
        return None if current().auth.required else Question(rid, None)
    kind, _, raw = bearer.strip().partition(b" ")
    if kind.lower() != b"bearer":
        return None
    try:
        claims = _claims_of(raw.strip())
    except TokenRefused:
        return None
    return Question(rid, claims) if claims["exp"] > time() else None


@lru_cache(maxsize=1024)
def _claims_of(raw: bytes) -> dict[str, Any]:
    """Return the claims of a token whose signature is good: it stays so until it has run out.

    Whether its account still wants it is looked up each time. Raises: `TokenRefused`.
    """
    return dict(checked(AccessToken, raw).payload)


class Reading:
    """The questions that wait for the next reading of the database, in one event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Question, asyncio.Future[bytes | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def answer(self, question: Question) -> bytes | None:
        """Return the body of the answer; None where it is not ours to give."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting.append((question, answer))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._read())
        if question.claims is not None:
            user_id = str(question.claims.get(api_settings.USER_ID_CLAIM))
            structlog.contextvars.bind_contextvars(user_id=user_id)
        return await answer

    async def _read(self) -> None:
        while self._waiting:
            some, self._waiting = (
                self._waiting[:MOST_A_READING],
                self._waiting[MOST_A_READING:],
            )
            bodies: Sequence[bytes | None] = [None] * len(some)
            try:
                bodies = await in_thread(_bodies, [question for question, _ in some])
            except Exception:
                logger.exception("states could not be read; Django is asked for them")
            for (_, answer), body in zip(some, bodies, strict=True):
                if not answer.done():
                    answer.set_result(body)


def _bodies(questions: list[Question]) -> list[bytes | None]:
    """Answer questions with one look at the accounts and one at the requests."""
    users = _users_of(questions)
    rows = {row.rid: row for row in requests_named({q.rid for q in questions if is_rid(q.rid)})}
    told: dict[str, bytes] = {}  # Many may ask for one.
    bodies: list[bytes | None] = []
    for question in questions:
        user = None if question.claims is None else users.get(_user_id(question))
        if question.claims is not None and not _is_good(user, question):
            bodies.append(None)
            continue
        row = rows.get(question.rid)
        if row is None or row.owner_id not in (None, user.pk if user else None):
            bodies.append(encode(gone_body(question.rid)).encode())
            continue
        if row.rid not in told:
            told[row.rid] = encode(progress_of(row).body()).encode()
        bodies.append(told[row.rid])
    return bodies


def _users_of(questions: list[Question]) -> dict[str, User]:
    """Return the accounts of tokens by the ids in them; who is not found is not let in."""
    ids = {_user_id(question) for question in questions if question.claims is not None}
    try:
        found = User.objects.filter(pk__in=ids)
        return {str(user.pk): user for user in found}
    except (ValidationError, ValueError):
        return {}


def _user_id(question: Question) -> str:
    return str((question.claims or {}).get(api_settings.USER_ID_CLAIM))


def _is_good(user: User | None, question: Question) -> bool:
    """Return whether a token's account may come in (as `core.accounts.authentication.user_of`)."""
    version = (question.claims or {}).get(VERSION_CLAIM)
    return user is not None and user.is_active and version == user.token_version


reading = per_loop(Reading)
