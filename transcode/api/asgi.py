"""A thin ASGI layer in front of Django for what people upload (transcode contract, 6, 8.7).

A body takes room while it comes, and a file is looked at by programs before the answer: a few
KB may keep a core busy for seconds. So how many files an account may send at once, of
whatever size, is judged here, over all web processes; and a disk that is full is told as the
video API tells it.
"""

import json
import re
import secrets
from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError
from redis.exceptions import RedisError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from core.accounts.authentication import TokenRefused, checked
from core.api.errors import NO_ROOM, failure_of, problem_body
from core.api.unread import Answer, Headers, answer_unread
from core.errors import JobError, Throttled
from core.multipart import forms_at
from core.realtime.asgi import Application, Receive, Scope, Send
from core.realtime.loops import in_thread
from core.realtime.quotas import attendance
from transcode.api.views.base import NoSpace

PREFIX = "/api/v1/video"
_LOOKED_AT = re.compile(rf"{PREFIX}/(?:upload|transcode|[^/]+/studio)/?")
LARGE_BYTES = 2**20
AT_ONCE = 4
RETRY_AFTER_S = 10
_MAX_SESSION_KEY = 40
# Forms of new videos, which their view reads while they arrive.
is_video_form = forms_at(rf"{PREFIX}/upload/?")


class VideoUploads:
    """Serve by `app`, files for the video API in their number and with their errors."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with 429 or 507."""
        if not is_counted(scope):
            await self.app(scope, receive, send)
            return
        who, place = await in_thread(account_id, scope["headers"]), secrets.token_hex(8)
        if who and not await _enter(who, place):
            await _refuse(scope, receive, send, Throttled(RETRY_AFTER_S))
            return
        answer = Answer(send)
        try:
            await self.app(scope, receive, answer.send)
        except OSError as error:
            if answer.has_started or error.errno not in NO_ROOM:
                raise
            await _refuse(scope, receive, send, NoSpace())
        finally:
            await attendance().leave(_name(who), place)


def is_counted(scope: Scope) -> bool:
    """Return whether a request has a file looked at, or brings much, or does not say how much."""
    if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
        return False
    if scope["method"] == "POST" and _LOOKED_AT.fullmatch(scope["path"]):
        return True
    heads = dict(scope["headers"])
    length = heads.get(b"content-length", b"")
    is_long = length.isdigit() and int(length) > LARGE_BYTES
    return is_long or b"transfer-encoding" in heads


def account_id(headers: Headers) -> str:
    """Return whose token or session a request brings, "" for nobody's; may read the database."""
    heads = dict(headers)
    scheme, _, raw = heads.get(b"authorization", b"").strip().partition(b" ")
    if scheme.lower() == b"bearer":
        try:
            return str(checked(AccessToken, raw.strip()).get(api_settings.USER_ID_CLAIM, ""))
        except TokenRefused:
            return ""
    return _of_session(heads.get(b"cookie", b"").decode("latin-1"))


def _of_session(cookies: str) -> str:
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    key = morsel.value if morsel else ""
    if not (key.isascii() and key.isalnum() and len(key) <= _MAX_SESSION_KEY):
        return ""
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    try:
        return str(session.get(SESSION_KEY, ""))
    except DatabaseError:
        return ""  # The view will say so.


def _name(who: str) -> str:
    return f"video-uploads:{who}"


async def _enter(who: str, place: str) -> bool:
    """Count a body in. Without Redis nobody is refused: a limit protects from excess."""
    try:
        return await attendance().enter(_name(who), place, AT_ONCE)
    except RedisError:
        return True


async def _refuse(scope: Scope, receive: Receive, send: Send, error: JobError) -> None:
    """Answer, and close the connection once the client could read it."""
    if (failure := failure_of(error)) is None:
        raise error
    problem = json.dumps(problem_body(failure)).encode()
    more = [(name.lower().encode(), value.encode()) for name, value in failure.headers.items()]
    await answer_unread(scope, receive, send, status=failure.status, problem=problem, more=more)
