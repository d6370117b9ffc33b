"""How fast a runner gets its input, beside the same file from the same server without Django.

    python -m benchmarks.download [--quick]

A file of 2 GiB (quick: 256 MiB), in turns: the runner's POST with both tokens, and a bare
application on the same uvicorn that sends the file (`benchmarks.raw_file`). Also how much
the web process grows meanwhile.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from benchmarks import instance
from benchmarks.figures import Figure, show
from benchmarks.submit import wait_for

ROUNDS = 3
MIB = 2**20
TARGET_RATIO, TARGET_GROWTH_MIB = 0.8, 16.0
PREPARE = """
import json, sys
from pathlib import Path
from core.accounts.models import User
from transcode.tests import factories
from transcode.videos import storage
runner, token = factories.make_runner()
video = factories.make_video(User.objects.first(), source_name="originals/bench/source.mp4")
job = factories.make_job(video)
path = Path(sys.argv[1])
path.parent.mkdir(parents=True, exist_ok=True)
with path.open("wb") as file:
    for _ in range(int(sys.argv[2])):
        file.write(b"medialoom" * 116509)
print(json.dumps({"runnerToken": token, "jobToken": factories.accepted(runner, job),
                  "job": str(job.pk), "video": str(video.pk)}))
"""


def main() -> int:
    """Download in turns and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.download", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="256 MiB instead of 2 GiB")
    mebibytes = 256 if parser.parse_args().quick else 2048
    with instance.running(TRANSCODE_LOCAL_WORKERS="off") as platform:
        path = Path(platform.env["DATA_DIR"], "media/videos/originals/bench/source.mp4")
        job = json.loads(platform.run(PREPARE, str(path), str(mebibytes)))
        address = f"/api/v1/runners/jobs/{job.pop('job')}/files/videos/{job.pop('video')}"
        with bare_server(path) as bare:
            measure(f"{platform.url}{address}/max-quality", bare, job, web_of(platform))
    return 0


def measure(ours: str, bare: str, tokens: dict[str, str], web: psutil.Process) -> None:
    """Fetch both in turns, once to warm up."""
    fetch(ours, tokens), fetch(bare, None)
    before = web.memory_info().rss
    grown, ratios = [], []
    for _ in range(ROUNDS):
        bare_bps, our_bps = fetch(bare, None), fetch(ours, tokens)
        ratios.append(our_bps / bare_bps)
        grown.append((web.memory_info().rss - before) / MIB)
        print(f"ours {our_bps / MIB:.0f} MiB/s, bare {bare_bps / MIB:.0f} MiB/s")
    show([
        Figure("a runner's download / the raw file", ratios, TARGET_RATIO, at_least=True),
        Figure("the web process grows by, MiB", grown, TARGET_GROWTH_MIB),
    ])  # fmt: skip


def fetch(url: str, body: dict[str, str] | None) -> float:
    """Return the bytes a second of one download."""
    began, got = time.perf_counter(), 0
    method = "POST" if body else "GET"
    with httpx.stream(method, url, json=body, timeout=120) as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw(MIB):
            got += len(piece)
    assert got == int(answer.headers["content-length"])
    return got / (time.perf_counter() - began)


def web_of(platform: instance.Instance) -> psutil.Process:
    """Return the platform's web process."""
    port = int(platform.url.rsplit(":", 1)[1])
    for process in platform.processes():
        with suppress(psutil.Error):
            listening = [c.laddr.port for c in process.net_connections() if c.status == "LISTEN"]
            if port in listening:
                return process
    raise RuntimeError("nobody listens on the platform's port")


@contextmanager
def bare_server(path: Path) -> Iterator[str]:
    """Serve one file by the bare application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.raw_file:application"]
    options = ["--port", str(port), "--log-level", "error", "--lifespan", "off"]
    process = subprocess.Popen([*command, *options], env={**os.environ, "RAW_FILE": str(path)})
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    sys.exit(main())
