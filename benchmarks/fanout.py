"""How much one web process delivers: events to many sockets, per second of its CPU.

    python -m benchmarks.fanout [--quick]

Each server gets the same events at 20 a second and the same number of sockets; clients
and publisher run in this process, outside the measured one. Compared are the hub, plain
Channels groups, and a bare broadcast of the same server without Django, which is the
limit. Latency is from just before the publish to the frame in the client.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.figures import Figure, show

ROOT = Path(__file__).resolve().parent.parent
RATE = 20.0
# What daphne itself costs leaves less to gain there: even the bare broadcast gains 4.
GROUPS = {"uvicorn": 5, "daphne": 3}
FRAME = {"type": "job", "id": "0" * 36, "status": "running", "params": {"text": "x" * 350}}
HANDSHAKE = (
    "GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Client(asyncio.Protocol):
    """The least a WebSocket client can be: it takes frames and notes how old they are."""

    def __init__(self, ages):
        self.ages = ages
        self.buffer = b""
        self.is_open = asyncio.get_running_loop().create_future()
        self.count = 0

    def connection_made(self, transport):
        transport.write(HANDSHAKE.encode())

    def data_received(self, data):
        now = time.monotonic()
        self.buffer += data
        if not self.is_open.done():
            head, found, self.buffer = self.buffer.partition(b"\r\n\r\n")
            if not found:
                self.buffer = head
                return
            self.is_open.set_result(head.split(b"\r\n")[0])
        while (frame := self.take()) is not None:
            self.count += 1
            self.ages.append(now - json.loads(frame)["sent_at"])

    def take(self):
        """Cut one frame of under 64 KiB off the buffer (RFC 6455, 5.2)."""
        if len(self.buffer) < 4:
            return None
        length, start = self.buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(self.buffer[2:4], "big"), 4
        if len(self.buffer) < start + length:
            return None
        opcode = self.buffer[0] & 15
        frame, self.buffer = self.buffer[start : start + length], self.buffer[start + length :]
        return frame if opcode == 1 else self.take()


def start(args, **env):
    return subprocess.Popen(args, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.DEVNULL)


def start_server(server, kind, port):
    if server == "uvicorn":
        args = ["-m", "uvicorn", "--lifespan", "off", "--ws-per-message-deflate", "false"]
        args += ["--log-level", "warning", "--port", str(port), "benchmarks.fanout_servers:app"]
    else:
        args = ["-m", "daphne", "-v", "0", "-p", str(port), "benchmarks.fanout_servers:app"]
    return start([sys.executable, *args], FANOUT=kind)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def connect(port, count, ages):
    """Open the sockets, a few at a time; the first waits for the server."""
    loop = asyncio.get_running_loop()
    clients = []
    deadline = time.monotonic() + 30
    while len(clients) < count:
        try:
            _, client = await loop.create_connection(lambda: Client(ages), "127.0.0.1", port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
            continue
        clients.append(client)
        if len(clients) % 20 == 1:
            await asyncio.wait_for(client.is_open, 30)
    await asyncio.wait_for(asyncio.gather(*(client.is_open for client in clients)), 60)
    await asyncio.sleep(0.5)
    return clients


async def publisher(kind):
    """Return the coroutine function that sends one frame to all sockets of a server."""
    from channels.layers import get_channel_layer

    from core.realtime.publish import Event, connection, encode, publish

    layer = get_channel_layer()

    async def send(frame):
        if kind == "groups":
            await layer.group_send("bench", {"type": "bench.event", "frame": frame})
        elif kind == "hub":
            publish(["bench"], Event(name="bench", text=encode(frame), is_final=True))
        else:
            connection().publish("bench", encode(frame))

    return send


def cpu_s(process):
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


async def measure(server, kind, sockets, events):
    """Return deliveries per CPU second, the p95 of latency in ms, and what did not come in 20 s."""
    ages = []
    port = free_port()
    process = start_server(server, kind, port)
    try:
        clients = await connect(port, sockets, ages)
        send = await publisher(kind)
        before, began = cpu_s(process), time.monotonic()
        for number in range(events):
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            await send({**FRAME, "revision": number, "sent_at": time.monotonic()})
        wanted, patience = sockets * events, time.monotonic() + 20
        while len(ages) < wanted and time.monotonic() < patience:
            await asyncio.sleep(0.02)
        used = cpu_s(process) - before
        lost = wanted - sum(client.count for client in clients)
    finally:
        process.kill()
        process.wait()
    p95 = statistics.quantiles(ages, n=20)[-1] * 1000 if len(ages) > 1 else float("nan")
    return len(ages) / max(used, 0.01), p95, lost


async def compare(sockets, events):
    print(f"{sockets} sockets, {events} events at {RATE:g}/s, one server process")
    print(f"{'server':10}{'kind':10}{'deliveries/CPU s':>18}{'p95 ms':>10}{'missing':>9}")
    rate, p95, lost = {}, {}, {}
    for server in ("uvicorn", "daphne"):
        for kind in ("bare", "groups", "hub"):
            key = server, kind
            rate[key], p95[key], lost[key] = await measure(server, kind, sockets, events)
            row = f"{server:10}{kind:10}{rate[key]:18,.0f}{p95[key]:10.1f}{lost[key]:9}"
            print(row, flush=True)
    print()
    for server in ("uvicorn", "daphne"):
        hub, groups, bare = (rate[server, kind] for kind in ("hub", "groups", "bare"))
        figures = [
            Figure(
                f"{server}: hub / Channels groups", [hub / groups], GROUPS[server], at_least=True
            ),
            Figure(f"{server}: hub / bare broadcast", [hub / bare], 0.5, at_least=True),
        ]
        show(figures)
    all_lost = lost["uvicorn", "hub"] + lost["daphne", "hub"]
    show([Figure("uvicorn: hub, p95 ms at 20 events/s", [p95["uvicorn", "hub"]], 40)])
    show([Figure("hub: deliveries lost", [all_lost], 0)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer sockets and events")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="fanout-") as folder:
        url = f"unix://{folder}/redis.sock"
        os.environ |= {"DATA_DIR": folder, "REDIS_URL": url, "MEDIALOOM_DOTENV": "0"}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "backend.settings", "LOG_LEVEL": "WARNING"}
        redis_server = start(
            ["redis-server", "--port", "0", "--unixsocket", f"{folder}/redis.sock", "--save", ""]
        )
        try:
            while not Path(folder, "redis.sock").exists():
                time.sleep(0.05)  # Redis tells nobody when it listens
            import django

            django.setup()
            asyncio.run(compare(*((100, 30) if quick else (500, 120))))
        finally:
            redis_server.kill()
            redis_server.wait()


if __name__ == "__main__":
    main()
