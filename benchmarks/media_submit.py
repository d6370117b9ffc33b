"""How long the Media API takes to take a request, and how many states it tells a second.

    python -m benchmarks.media_submit [--quick]

A POST to `compress/` with a file of 1 KB and a token, one at a time and sixteen at once,
beside an empty view of the same server that takes the same form; the row, the job and the
file are durable before the answer. Then the status of one request beside `/healthz`, over
64 connections. The server runs without workers: what is measured is the taking.
"""

import argparse
import asyncio
import os
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, show
from benchmarks.submit import server
from benchmarks.wire import Connection

CONNECTIONS = 64
AT_ONCE = 16
TURNS = 5


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.media_submit", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer of each")
    count = 40 if parser.parse_args().quick else 200
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.empty_settings"
    with server(prepare) as (port, token):
        asyncio.run(_measure(port, token, count))
    return 0


def prepare(data_dir: Path) -> None:
    """Let any number of requests wait."""
    folder = data_dir / "media_api"
    folder.mkdir(parents=True, mode=0o700)
    config = "requests_queue_size: 100000\nlimits: {posts_per_minute: 0}\n"
    (folder / "config.yaml").write_text(config)


async def _measure(port: int, token: str, count: int) -> None:
    ratios = []
    for at_once in (1, AT_ONCE):
        empty, ours = await _posts_ms(port, token, ("empty", "compress"), count, at_once)
        ratios.append(statistics.median(ours) / statistics.median(empty))
        line = f"{at_once} at once: compress p50 {statistics.median(ours):.1f} ms"
        print(f"{line}, empty view {statistics.median(empty):.1f} ms")
        if at_once == 1:
            show([Figure("POST compress, one at a time, p50 ms", [statistics.median(ours)], 5)])
    show([Figure("POST compress / empty view, p50, one at a time", [ratios[0]], 2)])
    show([Figure("POST compress / empty view, p50, sixteen at once", [ratios[1]], 2)])
    async with Connection(port) as one:
        _, answer = await one.ask(_post(token, "compress"))
    rid = answer.partition(b'"rid":"')[2][:32].decode()
    seconds = 2.0 if count < 100 else 6.0
    health = await _per_second(port, _get("/healthz", token), seconds)
    status = await _per_second(port, _get(f"/api/v1/status/{rid}/", token), seconds)
    print(f"/healthz {health:.0f}/s, status {status:.0f}/s over {CONNECTIONS} connections")
    ratio = [status / health]
    show([Figure("status / healthz, answers a second", ratio, 0.45, at_least=True)])
    show([Figure("the same, being in front of Django", ratio, 0.8, at_least=True)])


async def _posts_ms(
    port: int, token: str, routes: Sequence[str], count: int, at_once: int
) -> list[list[float]]:
    """Time posts to each route; they take turns, some of one and some of the other."""
    times: dict[str, list[float]] = {route: [] for route in routes}

    async def posts(route: str, number: int) -> None:
        async with Connection(port) as connection:
            await connection.ask(_post(token, route))
            for _ in range(number):
                request = _post(token, route)
                began = time.perf_counter()
                await connection.ask(request)
                times[route].append((time.perf_counter() - began) * 1000)

    for _ in range(TURNS):
        for route in routes:
            number = max(1, count // at_once // TURNS)
            await _together(partial(posts, route, number), at_once)
    return [times[route] for route in routes]


async def _per_second(port: int, request: bytes, seconds: float) -> float:
    done = 0
    ends_at = time.perf_counter() + seconds

    async def gets() -> None:
        nonlocal done
        async with Connection(port) as connection:
            while time.perf_counter() < ends_at:
                await connection.ask(request)
                done += 1

    await _together(gets, CONNECTIONS)
    return done / seconds


async def _together(work: Callable[[], Awaitable[None]], count: int) -> None:
    await asyncio.gather(*(work() for _ in range(count)))


def _get(path: str, token: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    return head.encode()


def _post(token: str, route: str) -> bytes:
    """Return the POST of a form with a file of 1 KB that nobody has sent before."""
    body = (
        b'--bench\r\nContent-Disposition: form-data; name="data"\r\n\r\n{}\r\n'
        b'--bench\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n'
        b"Content-Type: video/mp4\r\n\r\n" + secrets.token_bytes(1024) + b"\r\n--bench--\r\n"
    )
    head = (
        f"POST /api/v1/{route}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: multipart/form-data; boundary=bench\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    sys.exit(main())
