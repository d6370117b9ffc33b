"""The limits in seconds that the core contract sets (section 7), on a running platform.

    python -m benchmarks.limits [--quick]

What happens is shown by tests; how soon, here: the pings of other sockets during a `create`
of 60 MiB (case 49), the end after a cancel (36) and after Redis was away (34), the sockets'
end after a logout everywhere (55), 200 sockets of one upload, an event on its way to a
socket. A platform of its own with everything in it; nothing else should run beside it.
"""

import argparse
import asyncio
import json
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from typing import Any

import httpx
import redis
import websockets
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks.figures import Figure, show
from benchmarks.instance import Instance, running
from benchmarks.limits_files import fresh, large_message, pdf, tiff

PATH = "/ws/core/upload/"
PATIENCE_S = 120.0
SOCKETS = 200
EVENTS = 40
SETTINGS = {
    "CORE_WS_MAX_SOCKETS_PER_USER": str(SOCKETS + 20),
    "CORE_WS_COMMANDS_PER_10S": "100000",
    "CORE_UPLOADS_PER_IP_HOUR": "0",
}
Frame = dict[str, Any]


class Redis:
    """A Redis that may be killed and started again, empty."""

    def __init__(self, folder: str) -> None:
        self._folder, self._path = folder, f"{folder}/redis.sock"
        self.url = f"unix://{self._path}"
        self.start()

    def start(self) -> float:
        """Start it; return the time (Unix, s) at which it answers."""
        command = ["redis-server", "--port", "0", "--unixsocket", self._path, "--save", ""]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)
        while True:
            try:
                redis.Redis.from_url(self.url).ping()
            except redis.RedisError:
                time.sleep(0.01)  # nobody tells when it listens
            else:
                return time.time()

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


class Client:
    """An upload socket of the instance's account."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ask("ping")  # It is open and hears events.

    def ask(self, command: str, **keys: Any) -> Frame:
        """Send a command and return its answer."""
        request_id = secrets.token_hex(8)
        self.socket.send(json.dumps({"type": command, "request_id": request_id, **keys}))
        return self.until(lambda frame: frame.get("request_id") == request_id)

    def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """Return the first frame that is wanted."""
        while True:
            frame: Frame = json.loads(self.socket.recv(PATIENCE_S))
            if wanted(frame):
                return frame

    def create(self, data: str, *, process: bool = True) -> str:
        """Create an upload of base64 and return its id."""
        answer = self.ask("create", data={"image_base64": data, "process": process})
        return str(answer["instance"]["id"])

    def end(self) -> tuple[Frame, float]:
        """Return the next terminal frame and when it came."""
        return self.until(_is_end), time.time()


@contextmanager
def client(instance: Instance) -> Iterator[Client]:
    """Open an upload socket for as long as the block lasts."""
    address = f"{instance.ws_url}{PATH}?token={instance.token}"
    with connect(address, max_size=None, compression=None) as socket:
        yield Client(socket)


def _is_end(frame: Frame) -> bool:
    return frame["type"] == "Upload.status" and frame.get("status") in ("processed", "error")


def _is_growing(frame: Frame) -> bool:
    return len(frame.get("streamed_text", "")) > 40


def _row(instance: Instance, upload_id: str) -> Frame:
    headers = {"Authorization": f"Bearer {instance.token}"}
    answer = httpx.get(f"{instance.url}/api/v1/core/uploads/{upload_id}/", headers=headers)
    row: Frame = answer.raise_for_status().json()
    return row


def _processed_at(instance: Instance, upload_id: str) -> float:
    """Wait until the row says processed; return since when (Unix, s)."""
    while (row := _row(instance, upload_id))["processed_at"] is None:
        time.sleep(0.05)  # the row alone is trusted here
    return datetime.fromisoformat(row["processed_at"]).timestamp()


def event_ms(instance: Instance) -> Iterator[float]:
    """Yield how long after an `update` is sent another socket has its event: all of it counts."""
    with client(instance) as sender, client(instance) as watcher:
        upload_id = sender.create(fresh(), process=False)
        watcher.until(lambda frame: frame["type"] == "Upload.created")
        for number in range(EVENTS):
            started = time.perf_counter()
            sender.ask("update", instance_id=upload_id, data={"filename": f"{number}.png"})
            watcher.until(lambda frame: frame["type"] == "Upload.updated")
            yield (time.perf_counter() - started) * 1000


def fan_out_s(instance: Instance) -> float:
    """Return how long after the end of a run the last of 200 sockets has its terminal frame."""
    with client(instance) as owner:
        upload_id = owner.create(fresh(), process=False)
        arrivals = asyncio.run(_watched_by_many(instance, owner, upload_id))
    return max(arrivals) - _processed_at(instance, upload_id)


async def _watched_by_many(instance: Instance, owner: Client, upload_id: str) -> list[float]:
    address = f"{instance.ws_url}{PATH}{upload_id}/?token={instance.token}"
    sockets = [await websockets.connect(address, compression=None) for _ in range(SOCKETS)]

    async def arrival(socket: websockets.ClientConnection) -> float:
        while '"status":"processed"' not in str(await asyncio.wait_for(socket.recv(), PATIENCE_S)):
            pass
        return time.time()

    watching = [asyncio.create_task(arrival(socket)) for socket in sockets]
    await asyncio.to_thread(owner.ask, "reprocess", instance_id=upload_id)
    arrivals = await asyncio.gather(*watching)
    await asyncio.gather(*(socket.close() for socket in sockets))
    return arrivals


def ping_ms(instance: Instance) -> float:
    """Return the longest a ping of another socket took while 60 MiB were created."""
    # By another process: what the sender does with its message must not delay our clock.
    with client(instance) as small, ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(large_message).result()  # The process is up.
        creating = pool.submit(create_large, instance.ws_url, instance.token)
        return max(_pings_during(small, creating))


def create_large(ws_url: str, token: str) -> None:
    """Create an upload of 60 MiB of base64."""
    message = json.dumps({"type": "create", "data": large_message()})
    with connect(f"{ws_url}{PATH}?token={token}", max_size=None, compression=None) as socket:
        socket.send(message)
        answer = json.loads(socket.recv(PATIENCE_S))
    if "instance" not in answer:
        raise RuntimeError(f"not created: {str(answer)[:300]}")


def _pings_during(small: Client, creating: "Future[None]") -> Iterator[float]:
    while not creating.done():
        started = time.perf_counter()
        small.ask("ping")
        yield (time.perf_counter() - started) * 1000
    creating.result()


def cancel_s(instance: Instance) -> float:
    """Return how long after `cancel` of a ten-page PDF its terminal frame comes."""
    with client(instance) as owner:
        upload_id = owner.create(pdf(10))
        owner.until(_is_growing)
        started = time.perf_counter()
        owner.socket.send(json.dumps({"type": "cancel", "instance_id": upload_id}))
        if owner.until(_is_end)["error_code"] != "cancelled":
            raise RuntimeError("the run was over before it was cancelled")
        return time.perf_counter() - started


def redis_s(instance: Instance, server: Redis) -> float:
    """Return how long after Redis is back a terminal frame comes that was lost without it."""
    with client(instance) as owner:
        upload_id = owner.create(tiff(4))
        owner.until(_is_growing)
        server.kill()
        killed_at = time.time()
        was_lost = _processed_at(instance, upload_id) > killed_at
        back_at = server.start()
        elapsed = owner.end()[1] - back_at
    return elapsed if was_lost else redis_s(instance, server)  # It was over too soon: again.


def logout_s(instance: Instance) -> float:
    """Return how long after a logout everywhere its sockets are closed."""
    with client(instance) as watcher:
        started = time.perf_counter()
        headers = {"Authorization": f"Bearer {instance.token}"}
        url = f"{instance.url}/api/v1/users/logout/"
        httpx.post(url, json={"everywhere": True}, headers=headers).raise_for_status()
        try:
            watcher.until(lambda _: False)
        except ConnectionClosed:
            elapsed = time.perf_counter() - started
        if watcher.socket.close_code != 4401:
            raise RuntimeError(f"closed with {watcher.socket.close_code}")
    instance.wait()  # A new token.
    return elapsed


def main() -> None:
    """Measure every limit and print it beside its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round")
    rounds = range(1 if parser.parse_args().quick else 3)
    with tempfile.TemporaryDirectory(prefix="limits-") as folder:
        server = Redis(folder)
        try:
            with running(REDIS_URL=server.url, **SETTINGS) as instance:
                with client(instance) as first:
                    first.create(fresh())
                    first.end()  # The workers have loaded their models.
                show(_figures(instance, server, rounds))
        finally:
            server.kill()


def _figures(instance: Instance, server: Redis, rounds: range) -> list[Figure]:
    return [
        Figure("update -> event on another socket, median ms", list(event_ms(instance)), 50),
        Figure(
            f"a run's end at all of {SOCKETS} sockets, s", [fan_out_s(instance) for _ in rounds], 1
        ),
        Figure("longest ping beside a 60 MiB create, ms", [ping_ms(instance) for _ in rounds], 100),
        Figure("cancel of a 10-page PDF -> its end, s", [cancel_s(instance) for _ in rounds], 1),
        Figure("logout everywhere -> sockets closed, s", [logout_s(instance) for _ in rounds], 5),
        Figure("Redis back -> lost end told, s", [redis_s(instance, server) for _ in rounds], 10),
    ]


if __name__ == "__main__":
    main()
