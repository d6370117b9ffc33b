"""`python -m backend.bootstrap.postgres [pytest's arguments]`: the suite on PostgreSQL.

It makes a database server of its own in a temporary folder, reached by a unix socket only,
owned by a user without rights, and ends it with the tests.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from .debian import postgres_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "medialoom"
# Nothing of it outlives the tests, so nothing has to reach the disk.
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def main() -> int:
    """Run the suite; return its exit status."""
    programs = postgres_folder()
    if programs is None:
        print("Install PostgreSQL, then try again.", file=sys.stderr)  # noqa: T201
        return 1
    with server(programs) as url:
        command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *sys.argv[1:]]
        return subprocess.run(
            command, env=dict(os.environ, DATABASE_URL=url), check=False
        ).returncode


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Have a PostgreSQL for as long as the `with` block lasts; give its address."""
    folder = Path(tempfile.mkdtemp(prefix="medialoom-postgres-"))
    own, account = folder / "data", unprivileged()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    become = as_user(account)
    initdb = [str(programs / "initdb"), "-D", str(own), "-U", USER, "-A", "trust", "-E", "UTF8"]
    subprocess.run([*become, *initdb, "--no-sync"], stdout=subprocess.DEVNULL, cwd="/", check=True)
    options = [word for option in UNSAFE for word in ("-c", option)]
    command = [str(programs / "postgres"), "-D", str(own), "-k", str(folder), "-h", "", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*become, *command], stdout=log, stderr=log, cwd="/")
    try:
        wait = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-t", "30"]
        while subprocess.run(wait, check=False).returncode and process.poll() is None:
            process_wait(process)
        yield f"postgres://{USER}@{quote(str(folder), safe='')}/postgres"
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def process_wait(process: subprocess.Popen[bytes]) -> None:
    """Give a server that is starting a moment, unless it ends."""
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return


def unprivileged() -> pwd.struct_passwd | None:
    """Return the account to run as, where we are root; PostgreSQL refuses to be root."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def as_user(account: pwd.struct_passwd | None) -> list[str]:
    """Return how to run a command as that account, ended by the system should we be killed."""
    words = ["setpriv", "--pdeathsig", "KILL"]
    if account:
        ids = ["--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups"]
        words += ids
    return [*words, "--"]


if __name__ == "__main__":
    sys.exit(main())
