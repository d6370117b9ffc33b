"""A consumer that uses every hook of the base, served by the tests' own uvicorn."""

import asyncio
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

import django

django.setup()

from channels.routing import URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from core.realtime.close_codes import FORBIDDEN  # noqa: E402
from core.realtime.commands import decode_command  # noqa: E402
from core.realtime.consumer import AuthenticatedConsumer  # noqa: E402
from core.realtime.errors import CommandError, Refused  # noqa: E402


class Example(AuthenticatedConsumer):
    """Speaks of everything an app may do."""

    awaits_authentication = True
    max_message_bytes = 2**22

    async def subscribe(self):
        if self.user.email == "grace@example.org":
            raise Refused(FORBIDDEN)
        await self.join("example")
        await self.accept_with({"type": "welcome", "socket_id": self.socket_id})

    async def decode(self, text):
        head, found, tail = text.partition('"blob":"')
        if not found:
            return decode_command(text)
        blob, _, rest = tail.partition('"')
        del text, tail
        return decode_command(head + f'"blob_size":{len(blob)}' + rest)

    async def on_bytes(self, data):
        self.answer({"type": "bytes", "count": len(data)})

    async def on_command(self, command):
        match command["type"]:
            case "slow":
                await asyncio.sleep(command["seconds"])
                self.answer({"type": "slow"})
            case "crash":
                raise ZeroDivisionError("a secret path /srv/secret")
            case "field":
                raise CommandError("invalid", {"name": "Too long."}, hint=1)
            case "forbid":
                raise Refused(FORBIDDEN)
            case "blob":
                self.answer({"type": "blob", "size": command["blob_size"]})
            case "leave":
                self.leave("example")
                self.answer({"type": "left"})
            case "bye":
                self.close_with(1000, {"type": "bye"})
            case _:
                await super().on_command(command)


class Stranger(AuthenticatedConsumer):
    """Lets in who has no account, and calls errors by another name."""

    async def identify(self, credentials):
        return await super().identify(credentials) if credentials.are_given else None

    def max_sockets(self):
        return 2

    def error_frame(self, code, error, extra):
        return {"oops": code}

    async def subscribe(self):
        await self.accept()

    async def on_command(self, command):
        self.answer({"type": "you", "email": self.user.email})


class Broken(AuthenticatedConsumer):
    """Fails before its socket is open."""

    async def subscribe(self):
        raise ZeroDivisionError("a secret path /srv/secret")


application = URLRouter(
    [
        path("ws/example/", Example.as_asgi()),
        path("ws/stranger/", Stranger.as_asgi()),
        path("ws/broken/", Broken.as_asgi()),
    ]
)
