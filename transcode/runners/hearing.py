"""What is heard of a runner's socket: that it is there, and by which token.

The libraries below write a page of the log for each packet that they cannot read, and anybody
may open a socket. So whatever runners never send is dropped before it gets there.
"""

import json
import re

from core.realtime.asgi import Application, Message, Receive, Scope, Send

# Engine.IO 4: 1 close, 3 pong; in a message (4) Socket.IO 5: 0 connect with JSON, 1 disconnect.
_SAID = re.compile(
    r"""1|3(?:probe)?|40(?:/[\w-]{0,64},)?([{"n].*)?|41(?:/[\w-]{0,64},?)?""", re.DOTALL
)
# A token has 1000 characters at most; in JSON each may take six.
MAX_CHARS = 8192
# Beyond this the library ends the socket, without a word.
MAX_PACKET_BYTES = 2**16


def is_said_by_runners(message: Message) -> bool:
    """Return whether a frame is one that a runner's client sends."""
    text = message.get("text")
    if not isinstance(text, str) or len(text) > MAX_CHARS:
        return False
    said = _SAID.fullmatch(text)
    return said is not None and (said[1] is None or _is_json(said[1]))


def is_too_large(message: Message) -> bool:
    """Return whether a frame is one that ends its socket."""
    return len(message.get("text") or message.get("bytes") or b"") > MAX_PACKET_BYTES


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class Hearing:
    """Serve by `app`; of the WebSockets below `path` let only through what runners say."""

    def __init__(self, app: Application, path: str) -> None:
        self.app, self.path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""

        async def heard() -> Message:
            while True:
                message = await receive()
                is_frame = message["type"] == "websocket.receive"
                if not is_frame or is_said_by_runners(message) or is_too_large(message):
                    return message

        is_ours = scope["type"] == "websocket" and scope["path"].startswith(self.path)
        await self.app(scope, heard if is_ours else receive, send)
