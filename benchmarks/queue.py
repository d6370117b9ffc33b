"""How soon a worker begins a job: from before `enqueue` to the start of its attempt.

    python -m benchmarks.queue [--quick]

One warm worker, one job at a time, SQLite and a private Redis in a temporary folder, as
`make run` has them. The peer is Celery's own figure in the same run: from before
`send_task` to the first line of an empty task of the same worker. The difference is what
the job's row costs: two transactions and an event.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, show

ROOT = Path(__file__).resolve().parent.parent
FOLDER = tempfile.TemporaryDirectory(prefix="bench-queue-", ignore_cleanup_errors=True)
SOCKET = Path(FOLDER.name, "redis.sock")
PATIENCE_S = 60.0
TARGET_P50_MS, TARGET_P99_MS = 20.0, 100.0


def main() -> int:
    """Measure both in turns and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.queue", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 jobs instead of 1000")
    count = 100 if parser.parse_args().quick else 1000
    with _platform():
        from benchmarks import queue_peer

        jobs, tasks = [], []
        for _ in range(20):  # connections are made, pages are cached
            queue_peer.job_latency_ms()
            queue_peer.task_latency_ms()
        for _ in range(count):
            jobs.append(queue_peer.job_latency_ms())
            tasks.append(queue_peer.task_latency_ms())
    _report(jobs, tasks)
    return 0


def _report(jobs: list[float], tasks: list[float]) -> None:
    p50, p99 = _percentile(jobs, 50), _percentile(jobs, 99)
    peer50, peer99 = _percentile(tasks, 50), _percentile(tasks, 99)
    show([
        Figure("enqueue to start of a job, p50, ms", [p50], TARGET_P50_MS),
        Figure("enqueue to start of a job, p99, ms", [p99], TARGET_P99_MS),
    ])  # fmt: skip
    print(f"{len(jobs)} jobs; Celery's empty task: p50 {peer50:.1f} ms, p99 {peer99:.1f} ms")
    print(f"a job takes {p50 / peer50:.1f} times as long at p50, {p99 / peer99:.1f} at p99")


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@contextmanager
def _platform() -> Iterator[None]:
    """Have a Redis, a migrated database and a worker for as long as the block lasts."""
    os.environ.update(
        MEDIALOOM_DOTENV="0", DJANGO_SETTINGS_MODULE="backend.settings", DATA_DIR=FOLDER.name,
        REDIS_URL=f"unix://{SOCKET}", LOG_LEVEL="WARNING", DATABASE_URL="",
    )  # fmt: skip
    redis = ["redis-server", "--port", "0", "--unixsocket", str(SOCKET), "--save", ""]
    worker = [sys.executable, "-m", "celery", "-A", "backend", "worker", "-Q", "default", "-c", "2",
              "-I", "benchmarks.queue_peer", "-l", "ERROR"]  # fmt: skip
    started = [_start(redis)]
    try:
        _wait_for(SOCKET.exists)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        started.append(_start(worker))
        yield
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)
        FOLDER.cleanup()


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip


def _wait_for(predicate: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError("the benchmark's platform did not start")
        time.sleep(0.05)  # nobody tells when it has started


if __name__ == "__main__":
    sys.exit(main())
