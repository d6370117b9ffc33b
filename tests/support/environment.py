"""A pytest plugin: the environment of this very test process, made before Django reads it.

Each xdist worker has a folder of its own, with a private Redis on a unix socket and a
database file. Nothing here is shared and nothing outlives the process.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="medialoom-test-"))
REDIS_SOCKET = FOLDER / "redis.sock"


def start_redis(socket: Path = REDIS_SOCKET) -> "subprocess.Popen[bytes]":
    """Start a private Redis on a unix socket and wait until it answers."""
    process = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "",
         "--appendonly", "no", "--daemonize", "no", "--dir", str(FOLDER)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    for _ in range(200):
        if subprocess.run(
            ["redis-cli", "-s", str(socket), "ping"], capture_output=True, check=False
        ).stdout.startswith(b"PONG"):
            return process
        if process.poll() is not None:
            break
    raise RuntimeError("redis-server did not start")


class Environment:
    """This process' Redis, which tests about losing it may restart."""

    def __init__(self) -> None:
        self.redis = start_redis()

    def restart_redis(self) -> None:
        """Kill Redis and start it again, empty."""
        self.stop_redis()
        self.redis = start_redis()

    def stop_redis(self) -> None:
        """Kill Redis."""
        self.redis.send_signal(signal.SIGKILL)
        self.redis.wait()
        REDIS_SOCKET.unlink(missing_ok=True)

    def close(self) -> None:
        """End Redis and remove the folder."""
        self.stop_redis()
        shutil.rmtree(FOLDER, ignore_errors=True)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


os.environ.update(
    MEDIALOOM_DOTENV="0",
    DJANGO_SETTINGS_MODULE="backend.settings",
    DATA_DIR=str(FOLDER),
    REDIS_URL=f"unix://{REDIS_SOCKET}",
    OMP_THREAD_LIMIT="1",
    JOB_LEASE_S="6",
    JOB_HEARTBEAT_S="1.5",
    LOG_LEVEL="WARNING",
    TRANSCODE_LIVE_RTMP_PORT=str(free_port()),
)
environment = Environment()
atexit.register(environment.close)
