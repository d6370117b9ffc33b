"""Make this checkout ready to run or to test: `python3 -m bootstrap.setup --for run`.

It installs what is missing and nothing else, so a second call ends at once. It may be
killed at any point (the next call repairs what it left) and called twice at a time (the
second waits for the first).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import commands, debian, environment, nginx, scripts
from .problems import SetupImpossible

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
STATE = ROOT / ".setup"
OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Set up for what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description="Install what Medialoom needs.")
    parser.add_argument("--for", dest="purpose", choices=("run", "test", "postgres"), default="run")
    purpose = parser.parse_args().purpose
    try:
        require_python()
        with one_at_a_time(STATE):
            debian.install_missing(purpose)
            environment.prepare(ROOT, STATE, purpose)
            scripts.prepare(ROOT)
            commands.offer(ROOT)
            debian.offer_redis(ROOT / ".venv" / "bin")
            nginx.offer(STATE, ROOT / ".venv" / "bin")
    except SetupImpossible as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def require_python() -> None:
    """Go on under a newer Python where this one is too old. Raises: `SetupImpossible`."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)  # noqa: UP031 - an old Python reads this
        if newer:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606
    raise SetupImpossible("Install Python 3.11 or newer: this is " + sys.version.split()[0] + ".")


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other set-up works in this checkout; the lock dies with its process."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
