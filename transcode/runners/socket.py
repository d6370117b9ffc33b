"""The runners' socket: Socket.IO, Engine.IO 4, WebSocket only, namespace `/runners`.

Runners say who they are when they connect, and nothing afterwards; they are told of jobs
(`transcode.runners.events`). Each web process looks at the sockets it has: a runner counts as
seen while one is open, and loses its sockets within seconds when it is removed.
"""

import asyncio
import logging
from typing import Any

import redis
import socketio
from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.utils import timezone

from core.api.clients import client_ip, throttle_key
from core.realtime.asgi import TRUST_EXTENSION, Application, Receive, Scope, Send
from core.realtime.close_codes import UNAUTHENTICATED
from core.realtime.loops import in_thread
from transcode.models import Runner
from transcode.runners import presence
from transcode.runners.events import CHANNEL, NAMESPACE
from transcode.runners.hearing import MAX_PACKET_BYTES, Hearing
from transcode.runners.registration import note_open
from transcode.runners.throttling import UNKNOWN_TOKENS
from transcode.runners.tokens import MAX_CHARS, hash_of

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
TIME_TO_SAY_S = 10.0
KNOWN = "transcode.runner"
REFUSED = "invalid runner token"


class Runners(socketio.AsyncNamespace):  # type: ignore[misc] # untyped
    """The namespace: who may come in, and who is here."""

    def __init__(self) -> None:
        super().__init__(NAMESPACE)
        self.sockets: dict[str, int] = {}
        self._ends: dict[str, Send] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        """Let a runner in. Raises: `ConnectionRefusedError` for a token that is nobody's."""
        scope: Scope = environ["asgi.scope"]
        token = auth.get("runnerToken") if isinstance(auth, dict) else None
        runner_id = await in_thread(_runner_of, token, throttle_key(client_ip(scope)))
        if runner_id is None:
            raise socketio.exceptions.ConnectionRefusedError(REFUSED)
        if trust := scope.get("extensions", {}).get(TRUST_EXTENSION):
            trust()
        scope[KNOWN] = True
        self.enter(sid, runner_id, environ["asgi.send"])
        await self._say_seen()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_after_them())

    def enter(self, sid: str, runner_id: int, end: Send) -> None:
        """Have a socket looked after from now on; a close that is sent to `end` ends it."""
        self.sockets[sid] = runner_id
        self._ends[sid] = end

    async def on_disconnect(self, sid: str, _reason: str = "") -> None:
        """Note that a runner went; it has a while to come back."""
        runner_id = self.sockets.pop(sid, None)
        self._ends.pop(sid, None)
        if runner_id is not None:
            await in_thread(_went, runner_id, sid)

    async def _look_after_them(self) -> None:
        while self.sockets:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._say_seen()
            try:
                await self.look()
            except AnyDatabaseError as error:
                logger.warning("runners could not be looked up: %s", type(error).__name__)

    async def look(self) -> None:
        """Note who is here, and close the sockets of those that were removed."""
        asked = dict(self.sockets)  # Who comes while the answer does is not in it.
        there = await in_thread(note_open, set(asked.values()), timezone.now())
        for sid, runner_id in asked.items():
            if runner_id not in there and (end := self._ends.pop(sid, None)):
                # In a task of its own: a client that reads nothing keeps nobody else waiting.
                closing = asyncio.create_task(self._close(sid, end))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def _close(self, sid: str, end: Send) -> None:
        """End a socket as a whole: the library ends the namespace and leaves the rest open."""
        connection = self.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        await self.disconnect(sid)
        await self.server.eio.disconnect(connection)
        await end({"type": "websocket.close", "code": UNAUTHENTICATED})

    async def _say_seen(self) -> None:
        asked = dict(self.sockets)
        try:
            await in_thread(presence.seen, asked)
            for sid in asked.keys() - self.sockets.keys():  # It may have been noted after its end.
                await in_thread(presence.gone, asked[sid], sid)
        except redis.RedisError as error:
            logger.warning("runners' sockets were not noted: %s", type(error).__name__)


def _runner_of(token: object, address: str) -> int | None:
    """Return who has this token, and note the contact; a wrong one counts as on other doors."""
    if not isinstance(token, str) or not 1 <= len(token) <= MAX_CHARS:
        return None
    runner = Runner.objects.filter(token_hash=hash_of(token)).only("pk").first()
    if runner is None:
        UNKNOWN_TOKENS.take(address)
        return None
    now = timezone.now()
    Runner.objects.filter(pk=runner.pk).update(last_contact=now, disconnected_at=None)
    return runner.pk


def _went(runner_id: int, sid: str) -> None:
    try:
        is_away = presence.gone(runner_id, sid)
    except redis.RedisError:
        is_away = True  # Should it have another socket, its next look puts that right.
    if is_away:
        Runner.objects.filter(pk=runner_id).update(disconnected_at=timezone.now())


class _NoStrangers:
    """Closes the sockets of whoever has not shown a runner's token in time."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] != "websocket" or not scope["path"].startswith("/socket.io"):
            await self.app(scope, receive, send)
            return
        clock = asyncio.create_task(_close_stranger(scope, send))
        try:
            await self.app(scope, receive, send)
        finally:
            clock.cancel()


async def _close_stranger(scope: Scope, send: Send) -> None:
    await asyncio.sleep(TIME_TO_SAY_S)  # The library itself would wait for ever.
    if KNOWN not in scope:
        await send({"type": "websocket.close", "code": UNAUTHENTICATED})


def with_runners(app: Application) -> Application:
    """Return `app` with `/socket.io/` in front; everything else is passed on."""
    server = socketio.AsyncServer(
        async_mode="asgi",
        client_manager=socketio.AsyncRedisManager(settings.REDIS_URL, channel=CHANNEL),
        cors_allowed_origins=None,  # Only our own: an empty list would let every page in.
        namespaces=[NAMESPACE],
        transports=["websocket"],
        max_http_buffer_size=MAX_PACKET_BYTES,
        logger=_quiet("socketio.server"),
        engineio_logger=_quiet("engineio.server"),
    )
    server.register_namespace(Runners())
    mounted = socketio.ASGIApp(server, other_asgi_app=app, socketio_path="socket.io")
    return _NoStrangers(Hearing(mounted, "/socket.io"))


def _quiet(name: str) -> logging.Logger:
    """Return a library's logger. What it tells below an error are packets, tokens included.

    Given none, the library adds a handler of its own, past what masks tokens.
    """
    library = logging.getLogger(name)
    library.setLevel(logging.ERROR)
    return library
