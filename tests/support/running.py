"""A running platform: real server and worker processes on the test database."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.db import connection

from tests.support.environment import FOLDER, TMP, WITH_US, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
QUEUES = "ffmpeg,ocr,speech,io,default"


def database_url() -> str:
    """Return the address of the test database, for processes of their own."""
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    where = f"{config['HOST'] or ''}:{config['PORT'] or ''}".strip(":")
    who = f"{config['USER']}:{config['PASSWORD']}@" if config["USER"] else ""
    if str(config["HOST"]).startswith("/"):
        host = str(config["HOST"]).replace("/", "%2F")
        return f"postgres://{who}{host}/{config['NAME']}"
    return f"postgres://{who}{where}/{config['NAME']}"


class Child:
    """One process of the platform, in a session of its own."""

    def __init__(self, name: str, args: list[str], env: dict[str, str]) -> None:
        self.name = name
        self.log = FOLDER / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*WITH_US, *args], cwd=ROOT, env={**os.environ, "TMPDIR": str(TMP), **env},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """The process' id, its group's too."""
        return self.process.pid

    def children(self) -> list[int]:
        """Return the ids of its direct children."""
        tasks = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in tasks.read_text().split()] if tasks.exists() else []

    def kill(self) -> None:
        """SIGKILL the whole group, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it in order, or by force after a while."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def text(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(errors="replace")


class Platform:
    """The server, a worker and the upkeep, and how to reach them."""

    def __init__(self) -> None:
        self.env = {"DATABASE_URL": database_url()}
        self.port = free_port()
        self._count = 0
        self._web: Child | None = None
        self.started: list[Child] = []
        self.worker = self.start_worker()
        self.upkeep = self.start_upkeep()

    @property
    def web(self) -> Child:
        """The web process, started when a test first wants it."""
        if self._web is None or self._web.process.poll() is not None:
            self._web = self.start_web()
            self.wait_for_web()
        return self._web

    @property
    def url(self) -> str:
        """The web process' address."""
        assert self.web
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """The address of its sockets."""
        assert self.web
        return f"ws://127.0.0.1:{self.port}"

    def start_web(self, port: int | None = None, **env: str) -> Child:
        """Start one more web process; `wait_for_web` waits for it."""
        address = {"HOST": "127.0.0.1", "PORT": str(port or self.port)}
        return self._start("web", [sys.executable, "-m", "backend.serve"], {**address, **env})

    def start_worker(self, queues: str = QUEUES, concurrency: int = 2, **env: str) -> Child:
        """Start one more worker; it takes jobs as soon as it is up."""
        return self._start("worker", _celery(queues, concurrency), env)

    def start_upkeep(self) -> Child:
        """Start the process that reaps and sends again."""
        schedule = str(FOLDER / f"beat-{self._count}")
        command = [*_celery("maintenance", 1), "-B", "-P", "solo", "-s", schedule]
        return self._start("upkeep", command, {})

    def start_ingest(self) -> Child:
        """Start the process that takes live streams in."""
        return self._start("live", [sys.executable, "manage.py", "live_ingest"], {})

    def _start(self, name: str, command: list[str], env: dict[str, str]) -> Child:
        self._count += 1
        child = Child(f"{name}-{self._count}", command, {**self.env, **env})
        self.started.append(child)
        return child

    def wait_for_web(self, port: int | None = None) -> None:
        """Wait until the newest web process answers."""
        web = [child for child in self.started if child.name.startswith("web")][-1]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and web.process.poll() is None:
            if _answers(port or self.port):
                return
            time.sleep(0.05)
        raise AssertionError(f"the web process did not start: {web.text()[-2000:]}")

    def heal(self) -> None:
        """Start again what a test has killed."""
        if self.worker.process.poll() is not None:
            self.worker = self.start_worker()
        if self.upkeep.process.poll() is not None:
            self.upkeep = self.start_upkeep()

    def rest(self) -> None:
        """End every process until `heal`: a test wants the database to itself."""
        for child in self.started:
            if child.process.poll() is None:
                child.kill()

    def close(self) -> None:
        """End everything that was started."""
        for child in self.started:
            child.kill()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _celery(queues: str, concurrency: int) -> list[str]:
    return [
        sys.executable, "-m", "celery", "-A", "backend", "worker", "-Q", queues,
        "-c", str(concurrency), "-n", f"test-{free_port()}@localhost", "-l", "WARNING",
    ]  # fmt: skip
