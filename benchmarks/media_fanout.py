"""How many events of requests one web process delivers, and how soon.

    python -m benchmarks.media_fanout [--quick]

200 subscribers of one request hear 240 events at 20 a second; then 200 subscribers of 200
requests hear of their ends at once. Beside it a bare broadcast of the same server without
Django. Publisher and clients run in this process, outside the measured one; events are
published where a worker publishes them. Latency is from the publish to the frame.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from benchmarks import fanout
from benchmarks.figures import Figure, show
from benchmarks.instance import Instance, running

SUBSCRIBERS = 200
EVENTS = 240
RATE = 20.0
PATIENCE_S = 20.0
CONFIG = (
    "auth: {required: false}\nlimits: {sockets_per_user: 0}\n"
    "websockets: {update_progress_interval: 0}\n"
)
MAKE_ROWS = (
    "import sys, uuid; from datetime import timedelta; from django.utils import timezone;"
    "from core.jobs.models import Job;"
    "from media_api.models import MediaRequest\n"
    "for text in sys.argv[1:]:\n"
    "    job = Job.objects.create(kind='media_api.request', queue='nowhere', status='running',"
    " lease_token=uuid.uuid4(), lease_expires_at=timezone.now() + timedelta(hours=1),"
    " started_at=timezone.now(), stage='compress', params={'rid': text, 'actions': ['compress']})\n"
    "    MediaRequest.objects.create(id=uuid.UUID(text), job=job, input_type='blob',"
    " stages=['compress'], request_type='compress')"
)


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.media_fanout", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the subscribers")
    count = SUBSCRIBERS // 4 if parser.parse_args().quick else SUBSCRIBERS
    with running(prepare=_configure) as platform:
        rids = [uuid.uuid4().hex for _ in range(count + 1)]
        platform.run(MAKE_ROWS, *rids)
        os.environ |= {**platform.env, "REDIS_URL": platform.redis_url}
        os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
        import django

        django.setup()
        asyncio.run(_measure(platform, rids, count))
    return 0


def _configure(data_dir: Path) -> None:
    folder = data_dir / "media_api"
    folder.mkdir(mode=0o700)
    (folder / "config.yaml").write_text(CONFIG)


async def _measure(platform: Instance, rids: list[str], count: int) -> None:
    port = int(platform.url.rpartition(":")[2])
    rate, p95_ms, lost = await _one_request(platform, port, rids[0], count)
    ends_p95_ms, ends_lost = await _many_ends(port, rids[1:])
    bare, _, _ = await fanout.measure("uvicorn", "bare", count, EVENTS)
    print(f"{count} subscribers: {rate:,.0f} deliveries a CPU second, bare {bare:,.0f}")
    show([
        Figure("one request at 20/s: p95 ms", [p95_ms], 20),
        Figure("one request at 20/s: deliveries lost", [lost], 0),
        Figure("all end together: p95 ms", [ends_p95_ms], 20),
        Figure("all end together: ends lost", [ends_lost], 0),
        Figure("deliveries a CPU second / bare broadcast", [rate / bare], 0.5, at_least=True),
    ])  # fmt: skip


class Subscriber(fanout.Client):
    """A client that subscribes to one request and notes when it hears what."""

    def __init__(self, rid: str, heard: Callable[[dict[str, Any]], None]) -> None:
        super().__init__([])
        self.rid, self.heard = rid, heard
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(fanout.HANDSHAKE.replace("/ws/", "/api/v1/status/ws/").encode())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open.done():
            head, found, self.buffer = self.buffer.partition(b"\r\n\r\n")
            if not found:
                self.buffer = head
                return
            self.is_open.set_result(head)
        while (frame := self.take()) is not None:
            self.heard(json.loads(frame))

    def say(self, frame: dict[str, str]) -> None:
        """Send a short frame, masked with zeros (RFC 6455, 5.3)."""
        text = json.dumps(frame).encode()
        assert self.transport is not None
        self.transport.write(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)


async def _subscribed(
    port: int, rids: list[str], heard: Callable[[dict[str, Any]], None]
) -> list[Subscriber]:
    loop = asyncio.get_running_loop()
    ready: list[str] = []
    clients = []
    for rid in rids:

        def note(frame: dict[str, Any]) -> None:
            ready.append(frame["rid"]) if frame["type"] == "sync" else heard(frame)

        _, client = await loop.create_connection(
            lambda rid=rid, note=note: Subscriber(rid, note),
            "127.0.0.1",
            port,  # type: ignore[misc]
        )
        await asyncio.wait_for(client.is_open, 30)
        client.say({"type": "sub", "rid": rid})
        client.say({"type": "sync", "rid": rid})
        clients.append(client)
    while len(ready) < len(rids):
        await asyncio.sleep(0.05)
    return clients


async def _one_request(
    platform: Instance, port: int, rid: str, count: int
) -> tuple[float, float, int]:
    """Return deliveries a CPU second, the p95 of latency in ms, and how many did not come."""
    sent_at: dict[int, float] = {}
    ages: list[float] = []
    clients = await _subscribed(
        port, [rid] * count, lambda frame: ages.append(time.monotonic() - sent_at[frame["pct"]])
    )
    server = next(p for p in platform.processes() if "backend.serve" in " ".join(p.cmdline()))
    before, began = _cpu_s(server), time.monotonic()
    for number in range(1, EVENTS + 1):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        sent_at[number] = time.monotonic()
        _publish(rid, "running", number)
    await _until(lambda: len(ages) >= count * EVENTS)
    used_s = _cpu_s(server) - before
    for client in clients:
        client.transport.close()  # type: ignore[union-attr]
    return len(ages) / max(used_s, 0.01), _p95_ms(ages), count * EVENTS - len(ages)


async def _many_ends(port: int, rids: list[str]) -> tuple[float, int]:
    """Return the p95 of latency in ms of ends that come together, and how many did not come."""
    sent_at: dict[str, float] = {}
    ages: list[float] = []

    def heard(frame: dict[str, Any]) -> None:
        if frame["type"] == "status" and frame["status"] == 2:
            ages.append(time.monotonic() - sent_at[frame["rid"]])

    clients = await _subscribed(port, rids, heard)

    def end_all() -> None:
        for rid in rids:
            sent_at[rid] = time.monotonic()
            _publish(rid, "succeeded", 100)

    # Beside the loop: the clients have to read meanwhile, or it is they who are measured.
    await asyncio.to_thread(end_all)
    await _until(lambda: len(ages) >= len(rids))
    for client in clients:
        client.transport.close()  # type: ignore[union-attr]
    return _p95_ms(ages), len(rids) - len(ages)


def _publish(rid: str, status: str, pct: int) -> None:
    """Publish a state of a request, as the worker that has it does."""
    from django.utils import timezone

    from core.jobs.models import Job
    from core.realtime.groups import group_for_media_request
    from core.realtime.publish import publish
    from media_api.events import event_of_job

    job = Job(
        params={"rid": rid}, status=status, stage="compress", progress=pct / 100,
        revision=pct, started_at=timezone.now(), result={},
    )  # fmt: skip
    publish([group_for_media_request(rid)], event_of_job(job))


async def _until(is_so: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < patience:
        await asyncio.sleep(0.02)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _p95_ms(ages: list[float]) -> float:
    return statistics.quantiles(ages, n=20)[-1] * 1000 if len(ages) > 1 else float("nan")


if __name__ == "__main__":
    sys.exit(main())
