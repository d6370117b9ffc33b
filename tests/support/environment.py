"""A pytest plugin: the environment of this very test process, made before Django reads it.

Each xdist worker has a folder of its own, with a private Redis on a unix socket and a
database file. Only what is made once and read by all is shared, and nothing outlives the run.
"""

import atexit
import contextlib
import gc
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="medialoom-test-"))
REDIS_SOCKET = FOLDER / "redis.sock"
# What every process of a run would make alike lies with the first of them, which starts the others.
SHARED = Path(os.environ.setdefault("MEDIALOOM_TEST_SHARED", str(FOLDER)))
# Where the processes that are started keep what they would forget when they are killed.
TMP = FOLDER / "tmp"
TMP.mkdir()
# Before a command, in the main thread: whoever kills the test run kills what it has started, too.
WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


def start_redis(socket: Path = REDIS_SOCKET) -> "subprocess.Popen[bytes]":
    """Start a private Redis on a unix socket and wait until it answers."""
    # In another thread, the kernel would take that thread's end for ours.
    tied = WITH_US if threading.current_thread() is threading.main_thread() else ()
    process = subprocess.Popen(
        [*tied, "redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "",
         "--appendonly", "no", "--daemonize", "no", "--dir", str(FOLDER)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60  # It takes milliseconds, where nobody else wants the machine.
    while time.monotonic() < deadline:
        if subprocess.run(
            ["redis-cli", "-s", str(socket), "ping"], capture_output=True, check=False
        ).stdout.startswith(b"PONG"):
            return process
        if process.poll() is not None:
            break
        time.sleep(0.01)
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


# Below what Linux gives to outgoing connections (ip_local_port_range), which else may take a port
# between the moment when it is chosen and that when a server has started.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    while True:
        port = secrets.choice(_PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


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
# A run starts hundreds of Pythons: each would compile every module that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
environment = Environment()
atexit.register(environment.close)


def pytest_collection_finish() -> None:
    """Take what the collection has made out of the garbage collector's rounds: it stays."""
    gc.collect()
    gc.freeze()
