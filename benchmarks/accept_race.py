"""Fifty runners and 5,000 pending jobs: who gets which, and how soon.

    python -m benchmarks.accept_race [--quick | --all]

First they take 1,000 as fast as they can, then 400 at 40 accepts a second in all; the others
wait all the while, and are taken in the end with `--all`, which needs half an hour. Each
accept is for one of the jobs that the runner was offered, as a runner does it, so many are
refused with 409. Every job has to be won once and by one. A video has ten of them, and the
clock starts when every runner has been offered some. On SQLite and on a PostgreSQL of its own.
"""

import argparse
import asyncio
import itertools
import json
import random
import statistics
import sys
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from backend.bootstrap.debian import postgres_folder
from backend.bootstrap.postgres import server as postgres
from benchmarks import instance
from benchmarks.figures import Figure, show
from benchmarks.wire import Connection

RUNNERS = 50
PACE_S = 1 / 40
TARGET_P95_MS = 50.0
PREPARE = """
import json, sys
from django.db import connection, transaction
from core.accounts.models import User
from transcode.tests import factories
owner = User.objects.first()
tokens = [factories.make_runner()[1] for _ in range(int(sys.argv[1]))]
with transaction.atomic():
    for number in range(int(sys.argv[2])):
        if number % 10 == 0:
            video = factories.make_video(owner)
        factories.make_job(video)
with connection.cursor() as cursor:
    cursor.execute("ANALYZE")  # as PostgreSQL does by itself within a minute
print(json.dumps(tokens))
"""
COUNT = """
from transcode.models import VideoJob
print(VideoJob.objects.filter(job__status="running", job__attempt=1, runner__isnull=False).count())
"""


@dataclass
class Race:
    """What came of it: how long each accept took, and who won what."""

    accept_ms: list[float] = field(default_factory=list)
    wins: Counter[str] = field(default_factory=Counter)
    refused: int = 0


def main() -> int:
    """Run both races on both databases and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.accept_race", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500 jobs instead of 5,000")
    parser.add_argument("--all", action="store_true", help="go on until none is left")
    options = parser.parse_args()
    jobs = 500 if options.quick else 5000
    programs = postgres_folder()
    if programs is None:
        print("PostgreSQL is not installed: only SQLite is measured", file=sys.stderr)
    races = {"SQLite": nullcontext("")}
    if programs:
        races["PostgreSQL"] = postgres(programs)  # type: ignore[assignment]
    for name, database in races.items():
        with database as url, instance.running(
            DATABASE_URL=url, TRANSCODE_LOCAL_WORKERS="off", TRANSCODE_STALL_SECONDS="3600"
        ) as platform:  # fmt: skip
            measure(name, platform, jobs, is_all=options.all)
    return 0


def measure(name: str, platform: instance.Instance, jobs: int, *, is_all: bool) -> None:
    """Race on one database."""
    tokens = json.loads(platform.run(PREPARE, str(RUNNERS), str(jobs)))
    started = time.perf_counter()
    fast = asyncio.run(race(platform.url, tokens, jobs // 5, pace_s=0.0))
    fast_s = time.perf_counter() - started
    slow = asyncio.run(race(platform.url, tokens, min(jobs // 4, 400), pace_s=PACE_S))
    wins = fast.wins + slow.wins
    if is_all:
        wins += asyncio.run(race(platform.url, tokens, jobs - len(wins), pace_s=0.0)).wins
    held = int(platform.run(COUNT))
    twice = sum(count > 1 for count in wins.values())
    left = jobs - len(wins) if is_all else 0
    show([
        Figure(f"{name}: jobs that were not won exactly once", [twice + left], 0),
        Figure(f"{name}: jobs that the rows do not show once", [abs(len(wins) - held)], 0),
        Figure(
            f"{name}: p95 of an accept at 40 a second, ms", [p95(slow.accept_ms)],
            TARGET_P95_MS if name == "PostgreSQL" else 2 * TARGET_P95_MS,
        ),
    ])  # fmt: skip
    print(
        f"{name}: {len(fast.wins) / fast_s:.0f} accepts a second as fast as they can, "
        f"median {statistics.median(fast.accept_ms):.0f} ms, {fast.refused} refused"
    )


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[18]


async def race(url: str, tokens: list[str], jobs: int, *, pace_s: float) -> Race:
    """Let the runners take so many jobs."""
    result, turns = Race(), itertools.count()
    everybody = asyncio.Barrier(len(tokens))

    async def run(token: str) -> None:
        async with Connection(urlsplit(url).port or 0) as connection:
            offers = await offered(connection, token)
            await everybody.wait()
            started = time.perf_counter()
            while offers and len(result.wins) < jobs:
                if pace_s:
                    due = started + next(turns) * pace_s
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                if len(result.wins) >= jobs:
                    return
                await accept(connection, token, random.choice(offers)["uuid"], result)
                offers = await offered(connection, token)

    await asyncio.gather(*(run(token) for token in tokens))
    return result


async def offered(connection: Connection, token: str) -> list[dict[str, str]]:
    """Return the jobs that a runner may have."""
    _, body = await connection.ask(post("request", token))
    found: list[dict[str, str]] = json.loads(body)["availableJobs"]
    return found


async def accept(connection: Connection, token: str, uuid: str, result: Race) -> None:
    """Try to take one job."""
    began = time.perf_counter()
    status, _ = await connection.ask(post(f"{uuid}/accept", token), expected=(200, 409))
    result.accept_ms.append(1000 * (time.perf_counter() - began))
    if status == 200:
        result.wins[uuid] += 1
    else:
        result.refused += 1


def post(path: str, token: str) -> bytes:
    """Return a runner's call."""
    body = json.dumps({"runnerToken": token}).encode()
    head = (
        f"POST /api/v1/runners/jobs/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    sys.exit(main())
