"""What a client says on a socket: messages become commands, failures become answers."""

import logging
import secrets
from typing import Any, ClassVar

from django.conf import settings

from core.api.errors import OUT_OF_ORDER, is_out_of_order
from core.realtime import close_codes
from core.realtime.asgi import Message, Receive, Scope, Send
from core.realtime.commands import Command, decode_command, request_id_of, size_bytes
from core.realtime.errors import BadRequest, CommandError, Refused
from core.realtime.quotas import CommandRate
from core.realtime.socket import Socket

logger = logging.getLogger(__name__)


class Conversation(Socket):
    """A socket that takes commands, one at a time and in order."""

    max_message_bytes: ClassVar[int] = 2**20

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._rate = CommandRate(self.commands_per_10s())
        self._request_id: dict[str, str | int] = {}

    async def on_command(self, command: Command) -> None:
        """Do what a client asks. Raises: `CommandError`, `Refused`."""
        name = command["type"]
        raise CommandError("unsupported_command", "Unsupported command", command=name)

    async def on_bytes(self, data: bytes) -> None:  # noqa: ARG002 - a hook
        """Take a binary frame. Raises: `CommandError`, `Refused`."""
        raise BadRequest("Binary messages are not understood.")

    async def decode(self, text: str) -> Command:
        """Make a command of a message. Raises: `BadRequest`.

        Nobody else holds `text`: what is huge in it may be cut out and let go.
        """
        return decode_command(text)

    def commands_per_10s(self) -> int:
        """Return how many commands are allowed in 10 s."""
        return int(settings.CORE_WS_COMMANDS_PER_10S)

    def answer(self, frame: dict[str, Any]) -> None:
        """Answer the command that is being handled; its `request_id` is repeated."""
        self.send_json({**frame, **self._request_id})

    async def _handle(self, message: Message) -> None:
        """Handle one message: whatever it is, the socket stays open. Raises: `Refused`."""
        self._request_id = {}
        if not self._rate.allows():
            raise Refused(close_codes.TOO_MANY, error="Too many commands.")
        try:
            if message.get("text") is None:
                self._check_size(len(message["bytes"]))
                await self.on_bytes(message.pop("bytes"))
                return
            self._check_size(size_bytes(message["text"]))
            command = await self.decode(message.pop("text"))
            self._request_id = request_id_of(command)
            await self._obey(command)
        except CommandError as error:
            self._answer_error(error)
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the socket stays open
            self._answer_error(_failure(error))

    async def _obey(self, command: Command) -> None:
        await self.on_command(command)

    def _check_size(self, size: int) -> None:
        if size > self.max_message_bytes:
            raise Refused(close_codes.TOO_LARGE)

    def _answer_error(self, error: CommandError) -> None:
        extra = {**error.extra, **self._request_id}
        frame = self.error_frame(error.code, error.error, extra)
        if frame is not None:
            self.send_json(frame)


def _failure(error: Exception) -> CommandError:
    """Write down why a command failed, and say of it what a client may know."""
    if is_out_of_order(error):
        logger.error("a command found the platform unable to write", exc_info=error)
        return CommandError("unavailable", OUT_OF_ORDER)
    error_id = secrets.token_hex(8)
    logger.error("a command failed, error_id=%s", error_id, exc_info=error)
    return CommandError("internal", "Internal error", error_id=error_id)
