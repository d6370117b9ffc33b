"""The three servers that `fanout.py` compares; the environment's `FANOUT` chooses one.

hub     a consumer of the platform, on the hub
groups  plain Channels: one layer channel a socket, each in the group
bare    no Django: one Redis subscription, a loop over the sockets' `send`
"""

import asyncio
import os

import redis.asyncio

CHANNEL = "bench"
KIND = os.environ.get("FANOUT", "bare")


def hub_application():
    from core.realtime.consumer import AuthenticatedConsumer

    class Listener(AuthenticatedConsumer):
        """Anybody's socket in one group."""

        async def identify(self, credentials):  # noqa: ARG002
            return None

        def max_sockets(self):
            return 0

        async def subscribe(self):
            await self.join(CHANNEL)

    return Listener.as_asgi()


def groups_application():
    from channels.generic.websocket import AsyncJsonWebsocketConsumer

    class Listener(AsyncJsonWebsocketConsumer):
        groups = [CHANNEL]

        async def bench_event(self, event):
            await self.send_json(event["frame"])

    return Listener.as_asgi()


class Bare:
    """The least that a broadcast over ASGI can be."""

    def __init__(self):
        self.sockets = set()
        self.task = None

    async def __call__(self, scope, receive, send):
        if scope["type"] != "websocket":
            return
        await receive()
        if self.task is None:
            self.task = asyncio.create_task(self.broadcast())
        await send({"type": "websocket.accept"})
        self.sockets.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.sockets.discard(send)

    async def broadcast(self):
        client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
        async with client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            async for message in pubsub.listen():
                if message["type"] == "message":
                    text = message["data"].decode()
                    for send in tuple(self.sockets):
                        await send({"type": "websocket.send", "text": text})


def application():
    """Make the chosen application; Django only where it is needed."""
    if KIND == "bare":
        return Bare()
    import django

    django.setup()
    return hub_application() if KIND == "hub" else groups_application()


app = application()
