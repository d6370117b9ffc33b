"""How long a `create` of a 200 KiB image takes until its answer, over a WebSocket and REST.

    python -m benchmarks.submit [--count 40]

A server of its own on a temporary folder (SQLite, a private Redis), without a worker: what
is measured is the taking in, not the recognition. Each image is new. Compared with the
least that has to happen: decode the base64, hash, write and fsync the file.
"""

import argparse
import base64
import hashlib
import io
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image
from websockets.sync.client import connect

from benchmarks.figures import Figure, show

ROOT = Path(__file__).resolve().parent.parent
TARGET_MS = 50.0
OURS = "create over a WebSocket"
SIZE_BYTES = 200 * 1024
MAKE_TOKEN = (
    "import django; django.setup();"
    "from core.accounts.models import User;"
    "from core.accounts.tokens import access_token;"
    "print(access_token(User.objects.create_user('bench@example.org', 'correct horse battery')))"
)


def image() -> bytes:
    """Return a new PNG of about 200 KiB."""
    side = int(SIZE_BYTES**0.5)
    buffer = io.BytesIO()
    Image.frombytes("L", (side, side), secrets.token_bytes(side * side)).save(buffer, "PNG")
    return buffer.getvalue()


@contextmanager
def server(prepare: Callable[[Path], object] = bool) -> Iterator[tuple[int, str]]:
    """Run a server; give its port and an access token. `prepare` gets its empty data folder."""
    folder = Path(tempfile.mkdtemp(prefix="submit-"))
    prepare(folder / "data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "MEDIALOOM_DOTENV": "0",
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "backend.settings"),
        "DATA_DIR": str(folder / "data"),
        "REDIS_URL": f"unix://{folder / 'redis.sock'}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "CORE_UPLOADS_PER_IP_HOUR": "0",
        "CORE_WS_COMMANDS_PER_10S": "100000",
        "LOG_LEVEL": "WARNING",
    }
    redis = [
        "redis-server",
        "--port",
        "0",
        "--unixsocket",
        str(folder / "redis.sock"),
        "--save",
        "",
    ]
    started = [subprocess.Popen(redis, stdout=subprocess.DEVNULL, cwd=folder)]
    try:
        python = [sys.executable]
        subprocess.run([*python, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=env, check=True)
        shown = subprocess.run(
            [*python, "-c", MAKE_TOKEN],
            cwd=ROOT,
            env=env,
            check=True,
            capture_output=True,
            text=True,
        )
        started.append(subprocess.Popen([*python, "-m", "backend.serve"], cwd=ROOT, env=env))
        wait_for(port)
        yield port, shown.stdout.strip()
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(port: int) -> None:
    """Wait until the server listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)  # nobody tells when it listens
    raise SystemExit("the server did not start")


def timed(send: Callable[[bytes], None], count: int) -> list[float]:
    """Return how long each of `count` sends took, in ms, after three that are not counted."""
    times = []
    for number in range(count + 3):
        content = image()
        started = time.perf_counter()
        send(content)
        if number >= 3:
            times.append((time.perf_counter() - started) * 1000)
    return times


def over_socket(port: int, token: str, count: int) -> list[float]:
    """Measure `create` until `Upload.created`, the making of the message included."""
    with connect(f"ws://127.0.0.1:{port}/ws/core/upload/?token={token}", max_size=None) as ws:

        def create(content: bytes) -> None:
            data = {"image_base64": base64.b64encode(content).decode(), "filename": "scan.png"}
            ws.send(json.dumps({"type": "create", "request_id": "c", "data": data}))
            while (frame := json.loads(ws.recv(30))).get("request_id") != "c":
                pass
            if frame.get("duplicate") is not False:
                raise SystemExit(f"not created: {str(frame)[:300]}")

        return timed(create, count)


def over_rest(port: int, token: str, count: int) -> list[float]:
    """Measure the POST of JSON until its 201, a new connection each."""

    def create(content: bytes) -> None:
        body = json.dumps({"image_base64": base64.b64encode(content).decode()}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/core/uploads/", body, headers
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            if answer.status != 201:
                raise SystemExit(f"not created: {answer.status}")

    return timed(create, count)


def bare(count: int) -> list[float]:
    """Measure the least: decode, hash, write, fsync."""
    with tempfile.TemporaryDirectory() as folder:

        def store(content: bytes) -> None:
            data = base64.b64decode(base64.b64encode(content))
            with (Path(folder) / hashlib.sha256(data).hexdigest()).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

        return timed(store, count)


def main() -> None:
    """Measure the three and print them with the target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--quick", action="store_true", help="ten of each")
    options = parser.parse_args()
    count = 10 if options.quick else options.count
    with server() as (port, token):
        results = {
            "decode, hash, fsync alone": bare(count),
            OURS: over_socket(port, token, count),
            "create over REST (JSON)": over_rest(port, token, count),
        }
    for name, times in results.items():
        p95 = sorted(times)[int(len(times) * 0.95)]
        print(f"{name:28} median {statistics.median(times):6.1f} ms   p95 {p95:6.1f} ms")
    show([Figure("create of 200 KiB until Upload.created, median ms", results[OURS], TARGET_MS)])


if __name__ == "__main__":
    main()
