"""A whole platform of its own for a benchmark: what `make run` starts, on a temporary folder."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
START_PATIENCE_S = 90.0


class Instance:
    """A running platform: its address, an account's token, and what its processes cost."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", port: int, password: str, env: dict[str, str]
    ) -> None:
        self.process = process
        self.env = env
        self.url = f"http://127.0.0.1:{port}"
        self.ws_url = f"ws://127.0.0.1:{port}"
        self._password = password
        self.token = ""

    def wait(self) -> None:
        """Wait until a worker has been heard of, and log in."""
        deadline = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    break
            time.sleep(0.2)  # nobody tells when it serves
        else:
            raise TimeoutError("the platform did not become ready")
        login = {"email": "admin@localhost", "password": self._password}
        answer = httpx.post(f"{self.url}/api/v1/users/login/", json=login)
        self.token = answer.raise_for_status().json()["access"]

    def run(self, code: str, *args: str) -> str:
        """Run Python with Django set up on the instance's database; return what it prints."""
        command = [sys.executable, "-c", f"import django; django.setup(); {code}", *args]
        env = {
            **self.env,
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "REDIS_URL": self.redis_url,
        }
        done = subprocess.run(
            command, cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        return done.stdout

    @property
    def redis_url(self) -> str:
        """The address of the instance's own Redis."""
        return f"unix://{Path(self.env['DATA_DIR'], 'redis.sock')}"

    def processes(self) -> list[psutil.Process]:
        """Every process of the platform that runs now."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def cpu_s(self) -> float:
        """The CPU seconds of all its processes so far, those that have ended included."""
        total = 0.0
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total


@contextmanager
def running(prepare: Callable[[Path], object] = bool, **settings: str) -> Iterator[Instance]:
    """Run a platform with these settings for as long as the block lasts.

    `prepare` gets its data folder before it starts.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port, password = probe.getsockname()[1], secrets.token_urlsafe(12)
        probe.close()
        prepare(Path(folder))
        env = {
            **os.environ,
            "MEDIALOOM_DOTENV": "0",
            "DATA_DIR": folder,
            "PORT": str(port),
            "ADMIN_PASSWORD": password,
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        with Path(folder, "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "backend.run"],
                cwd=ROOT,
                env=env,
                stdout=output,
                stderr=output,
            )
        try:
            instance = Instance(process, port, password, env)
            instance.wait()
            yield instance
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
