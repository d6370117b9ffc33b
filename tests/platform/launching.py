"""The launcher for real: a whole platform of its own, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from tests.support.running import ROOT, free_port
from tests.support.waiting import wait_until

# What the tests' own environment sets and a platform of its own must not see.
FOREIGN = ("REDIS_URL", "DATABASE_URL", "DATA_DIR", "JOB_LEASE_S", "JOB_HEARTBEAT_S", "LOG_LEVEL")
PROGRAMS = {"redis": "redis-server", "web": "backend.serve", "worker": "ocr,speech"}


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """Return what a user's shell would hand to `make run`, and nothing of this test."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    base = {"MEDIALOOM_DOTENV": "0", "DATA_DIR": str(folder), "WORKER_CONCURRENCY": "1"}
    return {**kept, **base, **changes}


def refusal(folder: Path, **changes: str) -> tuple[int, str]:
    """Start a platform that cannot start; return its exit status and what it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "backend.run"],
        cwd=ROOT,
        env=environment(folder, **{"PORT": str(free_port()), **changes}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


class Launched:
    """A platform that was started with `python -m backend.run`."""

    def __init__(self, folder: Path, **changes: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder.parent / f"{folder.name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend.run"],
                cwd=ROOT,
                env=environment(folder, PORT=str(self.port), **changes),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def text(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(errors="replace")

    def get(self, path: str) -> tuple[int, bytes]:
        """Return the status and body of a page; status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def is_ready(self) -> bool:
        """Whether every part of it answers."""
        return self.get("/readyz")[0] == 200

    def parts(self) -> dict[str, object]:
        """Return what `/readyz` says."""
        return dict(json.loads(self.get("/readyz")[1]))

    def wait_until_ready(self) -> None:
        """Wait until it serves, and show its log if it never does."""
        try:
            wait_until(self.is_ready)
        except AssertionError as error:
            raise AssertionError(self.text()[-3000:]) from error

    def pid_of(self, name: str) -> int:
        """Return the process id of one of its programs."""
        return wait_until(lambda: self._pid_of(PROGRAMS[name]))

    def _pid_of(self, word: str) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in children.split():
            with suppress(FileNotFoundError, ProcessLookupError):  # It has just died.
                if word in Path(f"/proc/{pid}/cmdline").read_text(errors="replace"):
                    return int(pid)
        return 0

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Signal it and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(180)

    def processes(self) -> list[int]:
        """Return every living process that was started with this data folder."""
        mark = f"\0DATA_DIR={self.folder}\0".encode()
        return [pid for pid in _pids() if mark in b"\0" + _environ(pid) and _lives(pid)]

    def close(self) -> None:
        """End whatever is left of it."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(20)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
