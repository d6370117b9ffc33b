"""PeerTube's own runner, as a program of its own: what `make test-runner` is for.

The environment's PEERTUBE_RUNNER names the program: a path, or `node …/peertube-runner.js`.
The commands are those of the transcode contract, section 9.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.support.waiting import wait_until

PROGRAM = "PEERTUBE_RUNNER"
# Not `test-<digit>`: such a runner forgets at each start where it is registered.
ID = "ci"
HOMES = ("config", "data", "cache")
STOPS_WITHIN_S = 6.0
# It asks its ffmpeg to be nice, which takes minutes where other tests run.
CONFIGURATION = """\
[jobs]
concurrency = 1

[ffmpeg]
threads = 1
nice = 0
"""


def program() -> list[str]:
    """Return how the runner is called."""
    words = shlex.split(os.environ.get(PROGRAM, ""))
    assert words, f"{PROGRAM} names no program: set it, and call `make test-runner`"
    return words


class RealRunner:
    """One runner with its own folders. Its log is `log`."""

    def __init__(self, url: str, name: str = "ci-1") -> None:
        self.url, self.name = url, name
        # A short path: its socket lies in there, whose address has 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="ptr-"))
        homes = {f"XDG_{home.upper()}_HOME": str(self.folder / home) for home in HOMES}
        self._env = {**os.environ, **homes}
        self._process: subprocess.Popen[bytes] | None = None
        configuration = self.folder / "config" / "peertube-runner-nodejs" / ID / "config.toml"
        configuration.parent.mkdir(parents=True)
        configuration.write_text(CONFIGURATION)
        self.configuration = configuration
        self.log = self.folder / "runner.log"

    def start(self) -> None:
        """Start it, and wait until it takes commands."""
        door = self.folder / "data" / "peertube-runner-nodejs" / ID / "peertube-runner.sock"
        door.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*program(), "--id", ID, "server"],
                env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        wait_until(door.is_socket)

    def register(self, registration_token: str) -> None:
        """Bring it in. (The command itself ends well when it was refused, too.)"""
        self._command(
            "register", "--url", self.url, "--registration-token", registration_token,
            "--runner-name", self.name,
        )  # fmt: skip
        wait_until(lambda: self.url in self._command("list-registered"))

    def unregister(self) -> None:
        """Take it out."""
        self._command("unregister", "--url", self.url, "--runner-name", self.name)

    @property
    def pid(self) -> int:
        """The process' id."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """End it as an operator does; whatever is left of its group is killed."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOPS_WITHIN_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def close(self) -> None:
        """End it, and remove its folders."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, *words: str) -> str:
        done = subprocess.run(
            [*program(), "--id", ID, *words],
            env=self._env, capture_output=True, text=True, timeout=180, check=True,
        )  # fmt: skip
        return done.stdout + done.stderr
