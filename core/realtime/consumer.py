'''The base of every WebSocket of the platform.

An app writes what its socket shows, and nothing about tokens, limits or slow clients:

    class VideoConsumer(AuthenticatedConsumer):
        """Changes of one video, for its owner."""

        async def subscribe(self) -> None:
            video_id = self.scope["url_route"]["kwargs"]["video_id"]
            await self.join(group_for_video(video_id))  # before the read: no change falls between
            video = await in_thread(find_video, self.user, video_id)
            if video is None:
                raise Refused(close_codes.NOT_FOUND)
            await self.accept_with(video_frame(video))

    path("ws/videos/<uuid:video_id>/", VideoConsumer.as_asgi())

Hooks, all optional but `subscribe`:

subscribe()           join groups, read rows, `accept_with` the snapshot; `Refused` ends it
on_event(event)       an event of a joined group; sends its text unless overridden
on_resync()           events may be lost: read again (as a rule `my_sweep().hurry()`)
on_command(command)   answer with `answer(frame)`; raise `CommandError` or `Refused`
decode(text)          the message as a command; cut what is huge out of it first
on_bytes(data)        a binary frame; refused unless overridden
identify(credentials) who it is; None lets the socket in without an account
error_frame(...)      the app's own shape of errors
on_end()              the socket is gone

Commands of one socket run one at a time, in order, while events flow; a slow one only
holds up its own socket. Events that come before the snapshot is sent wait for it. An
event whose `origin` is this socket's `socket_id` does not come back to it.
'''

import asyncio
import logging
from typing import ClassVar

from django.conf import settings
from redis.exceptions import RedisError

from core.accounts.models import User
from core.api.clients import client_ip, throttle_key
from core.api.errors import OUT_OF_ORDER, is_out_of_order
from core.realtime import close_codes
from core.realtime.account import AccountWatch
from core.realtime.asgi import TRUST_EXTENSION, Application, Receive, Scope, Send
from core.realtime.commands import Command, decode_command, request_id_of, size_bytes
from core.realtime.conversation import Conversation
from core.realtime.credentials import Credentials
from core.realtime.errors import CommandError, Refused
from core.realtime.expiry import Expiry
from core.realtime.frames import Authenticated, AuthExpiring
from core.realtime.hub import HubUnavailable
from core.realtime.identity import Identity, identity_of, identity_of_token
from core.realtime.loops import in_thread
from core.realtime.origins import is_allowed_origin
from core.realtime.quotas import attendance
from core.realtime.socket import Disconnected

logger = logging.getLogger(__name__)

MAX_FIRST_MESSAGE_BYTES = 64 * 2**10


class AuthenticatedConsumer(Conversation):
    """A socket of a known account, as the module's text describes."""

    # Whether a socket without a token may send it as its first message (core contract, 2.2).
    awaits_authentication: ClassVar[bool] = False
    # Whether `authenticate` with a fresh token of the same account prolongs the socket.
    renews_tokens: ClassVar[bool] = True

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self.identity: Identity | None = None
        self._expiry = Expiry(self._warn, self._expire)
        self._account: AccountWatch | None = None
        self._task = asyncio.current_task()
        self._is_stuck = False

    @classmethod
    def as_asgi(cls) -> Application:
        """Return the ASGI application that makes one consumer a socket, for a route."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await cls(scope, receive, send)._run()

        return application

    # What an app may say.

    async def subscribe(self) -> None:
        """Join groups, read rows, accept with the snapshot. Raises: `Refused`."""
        raise NotImplementedError  # each socket says what it shows

    async def identify(self, credentials: Credentials) -> Identity | None:
        """Find out who it is; None is nobody, and allowed. Raises: `Refused`."""
        return await in_thread(identity_of, credentials)

    def on_end(self) -> None:
        """Let go of what belongs to this socket, e.g. `my_sweep().forget(self)`."""

    def max_sockets(self) -> int:
        """Return how many sockets one account (or address) may have; 0 is no limit."""
        return int(settings.CORE_WS_MAX_SOCKETS_PER_USER)

    # What an app may use, beside the methods of `Socket`.

    @property
    def user(self) -> User:
        """The account. Raises: `Refused` with 4401 on a socket that has none."""
        if self.identity is None:
            raise Refused(close_codes.UNAUTHENTICATED)
        return self.identity.user

    def has_ended(self) -> bool:
        """Whether no event may be sent any more: closed, or the token has run out."""
        return self.outbox.is_closed or self._expiry.is_due

    # The life of a socket.

    async def _run(self) -> None:
        try:
            await self._live()
        except asyncio.CancelledError:
            if not self._is_stuck:
                raise
        finally:
            self._expiry.cancel()
            self._leave_all()
            if self._account is not None:
                self._account.stop()
            self.on_end()
            await attendance().leave(self._who(), self.socket_id)

    async def _live(self) -> None:
        try:
            await self._open()
            while not self.outbox.is_closed:
                await self._handle(await self._message())
        except Disconnected:
            return
        except Refused as refused:
            await self.refuse(refused)
        except (HubUnavailable, RedisError):
            await self.refuse(Refused(close_codes.TRY_AGAIN_LATER))
        except Exception as error:
            logger.exception("a socket failed")
            await self.refuse(_refusal_after(error))
        await self.outbox.flush()

    async def _open(self) -> None:
        await self._message()  # `websocket.connect`
        if not is_allowed_origin(self.scope):
            raise Refused(close_codes.FORBIDDEN, error="This origin is not allowed.")
        if self.awaits_authentication and not self.credentials.are_given:
            await self._admit(await self._identity_by_message())
            self._answer_authenticated()
        else:
            await self._admit(await self.identify(self.credentials))
        await self.subscribe()
        await self.accept()
        if self.identity is not None:
            self._expiry.set(self.identity.expires_at_s)
        self._release()

    async def _admit(self, identity: Identity | None) -> None:
        """Count the socket in and watch its account. Raises: `Refused`."""
        self.identity = identity
        limit = self.max_sockets()
        if limit and not await attendance().enter(self._who(), self.socket_id, limit):
            raise Refused(close_codes.TOO_MANY, error="Too many sockets.")
        if identity is not None:
            self._account = AccountWatch(identity, self._revoke)
            await self._account.start()
        if trust := self.scope.get("extensions", {}).get(TRUST_EXTENSION):
            trust()

    def _who(self) -> str:
        """Name whom sockets are counted for: the account, else the address."""
        if self.identity is not None:
            return str(self.identity.user.pk)
        return f"address:{throttle_key(client_ip(self.scope))}"

    def _stuck(self) -> None:
        """Even a close cannot be sent: end the task that serves this socket."""
        self._is_stuck = True
        if self._task is not None:
            self._task.cancel()

    # Tokens on a live socket.

    async def _identity_by_message(self) -> Identity:
        """Wait for `authenticate`, the fifth way. Raises: `Refused`, `Disconnected`."""
        await self.accept()
        try:
            async with asyncio.timeout(settings.CORE_WS_AUTH_TIMEOUT):
                while True:
                    message = await self._message()
                    if not self._rate.allows():
                        raise Refused(close_codes.TOO_MANY, error="Too many commands.")
                    if command := self._authenticate_command(message.get("text") or ""):
                        return await in_thread(identity_of_token, _token_of(command))
        except TimeoutError as error:
            raise Refused(close_codes.UNAUTHENTICATED) from error

    def _authenticate_command(self, text: str) -> Command | None:
        """Return the command if it is `authenticate`; any other is answered with an error."""
        self._request_id = {}
        try:
            if size_bytes(text) > MAX_FIRST_MESSAGE_BYTES:
                raise CommandError("auth_required", "Authentication is required.")
            command = decode_command(text)
            self._request_id = request_id_of(command)
            if command["type"] != "authenticate":
                raise CommandError("auth_required", "Authentication is required.")
        except CommandError as error:
            self._answer_error(error)
            return None
        return command

    async def _obey(self, command: Command) -> None:
        if self.renews_tokens and command.get("type") == "authenticate":
            await self._renew(command)
        else:
            await self.on_command(command)

    async def _renew(self, command: Command) -> None:
        """Prolong the socket. Raises: `CommandError`; the socket stays as it was then."""
        try:
            renewed = await in_thread(identity_of_token, _token_of(command))
        except Refused as refused:
            raise CommandError(refused.code, refused.error) from refused
        if renewed.user.pk != self.user.pk:
            raise CommandError("token_invalid", "The token is another account's.")
        self.identity = renewed
        if self._account is not None:
            self._account.identity = renewed
        self._expiry.set(renewed.expires_at_s)
        self._answer_authenticated()

    def _answer_authenticated(self) -> None:
        if self.identity is not None:
            frame: Authenticated = {
                "type": "authenticated",
                "user": str(self.identity.user.pk),
                "expires_at": self.identity.expires_at,
            }
            self.answer(dict(frame))

    def _warn(self, expires_in_s: int) -> None:
        """Say that the token runs out, where another one may be sent."""
        if self.renews_tokens:
            frame: AuthExpiring = {"type": "auth.expiring", "expires_in": expires_in_s}
            self.send_json(frame)

    def _expire(self) -> None:
        code = close_codes.UNAUTHENTICATED
        self._end_with(Refused(code, "token_expired", "The token has expired."))

    def _revoke(self) -> None:
        code = close_codes.UNAUTHENTICATED
        self._end_with(Refused(code, "token_invalid", "The token is not valid any more."))


def _refusal_after(error: Exception) -> Refused:
    """Say of a failure what a client may know."""
    if is_out_of_order(error):
        return Refused(close_codes.TRY_AGAIN_LATER, error=OUT_OF_ORDER)
    return Refused(close_codes.INTERNAL)


def _token_of(command: Command) -> str:
    """Return the token in an `authenticate` command. Raises: `Refused`."""
    token = command.get("token")
    if not isinstance(token, str):
        code = close_codes.UNAUTHENTICATED
        raise Refused(code, "token_invalid", "The token is not valid.")
    return token
