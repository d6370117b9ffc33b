"""A client of the socket, in this very process: the consumer with a server's two functions."""

import asyncio
import json

from channels.routing import URLRouter

from media_api.routing import websocket_urlpatterns

PATIENCE_S = 60.0
APPLICATION = URLRouter(websocket_urlpatterns)


class Client:
    """Speaks JSON; with `reads` cleared it takes nothing off the wire."""

    def __init__(self, path="/api/v1/status/ws/", query="", headers=(), subprotocols=()):
        self.reads = asyncio.Event()
        self.reads.set()
        self._said, self._heard = asyncio.Queue(), asyncio.Queue()
        self.accepted = None
        self.scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": list(headers),
            "subprotocols": list(subprotocols),
            "client": ("127.0.0.1", 1),
        }
        self._said.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(APPLICATION(self.scope, self._said.get, self._send))

    async def _send(self, message):
        if not self.reads.is_set():
            await self.reads.wait()
        if message["type"] == "websocket.accept":
            self.accepted = message
        else:
            self._heard.put_nowait(message)

    def send(self, frame):
        text = frame if isinstance(frame, str | bytes) else json.dumps(frame)
        key = "bytes" if isinstance(text, bytes) else "text"
        self._said.put_nowait({"type": "websocket.receive", key: text})

    def say(self, name, rid):
        self.send({"type": name, "rid": rid})

    async def message(self):
        async with asyncio.timeout(PATIENCE_S):
            return await self._heard.get()

    async def receive(self):
        """Return the next frame."""
        message = await self.message()
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def ask(self, frame):
        self.send(frame)
        return await self.receive()

    async def sync(self, rid):
        """Return the answer to `sync`, and what came before it."""
        self.say("sync", rid)
        before = []
        while (frame := await self.receive())["type"] != "sync":
            before.append(frame)
        return frame, before

    async def heard(self, rid):
        """Return what has come until now, looking at nothing else."""
        return (await self.sync(rid))[1]

    async def until_final(self):
        """Return what comes up to a final status."""
        frames = [await self.receive()]
        while frames[-1]["type"] != "status" or frames[-1]["status"] < 2:
            frames.append(await self.receive())
        return frames

    async def close_code(self):
        """Return how the server closes the socket, frames left aside."""
        while (message := await self.message())["type"] != "websocket.close":
            pass
        return message["code"]

    async def leave(self):
        """Close the socket."""
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(PATIENCE_S):
            await self.task


def told(frames):
    """Write frames of one request in short: `status 1`, `stage 1`, `progress 50`."""
    values = {"status": "status", "stage": "curStage", "progress": "pct"}
    return [f"{frame['type']} {frame[values[frame['type']]]}" for frame in frames]
