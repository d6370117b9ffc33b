"""What the tests of the runners' socket share: runners, and clients that speak Engine.IO 4."""

import json

import pytest
import websockets

from transcode.models import RegistrationToken, Runner
from transcode.runners.tokens import hash_of, new_registration_token, new_runner_token


@pytest.fixture
def make_runner(db):
    """Return the function that registers a runner; it gives the runner and its token."""

    def make(name="one"):
        token = new_runner_token()
        registration = RegistrationToken.objects.create(token=new_registration_token())
        runner = Runner.objects.create(
            name=name, token_hash=hash_of(token), registration_token=registration
        )
        return runner, token

    return make


class RunnerSocket:
    """A socket as peertube-runner opens it, spoken by hand."""

    def __init__(self, websocket):
        self.websocket = websocket
        self.heard = []

    async def until(self, prefix):
        """Read until a packet begins with `prefix`, answering pings; return that packet."""
        while True:
            packet = await self.websocket.recv()
            if packet == "2":
                await self.websocket.send("3")
            elif packet.startswith(prefix):
                return packet
            else:
                self.heard.append(packet)


async def dial(platform, auth, namespace="/runners", origin=None):
    """Open a socket and ask to be let into the namespace; return it with the answer."""
    address = f"{platform.ws_url}/socket.io/?EIO=4&transport=websocket"
    websocket = await websockets.connect(address, user_agent_header=None, origin=origin)
    socket = RunnerSocket(websocket)
    assert json.loads((await socket.until("0"))[1:])["pingInterval"] == 25000
    await websocket.send(f"40{namespace},{json.dumps(auth)}")
    return socket, await socket.until("4")
