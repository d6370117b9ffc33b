"""`python -m backend.run`: prepare what the platform needs, then become its process manager.

Exit status: 0 stopped as asked, 1 it cannot run here and now, 2 a setting is malformed,
3 a process failed to start five times in a row.
"""

import argparse
import errno
import fcntl
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.conf import LazySettings

HERE = Path(__file__).resolve().parent
UMASK = 0o027


class CannotRun(Exception):  # noqa: N818 - it is shown to people, as one line
    """The platform cannot start; the text says in one line why."""


def main() -> int:
    """Start the platform; return only when that is impossible."""
    argparse.ArgumentParser(
        prog="python -m backend.run",
        description="Serve the whole platform. Settings come from the environment and .env.",
        epilog="docs/configuration.md lists the settings.",
    ).parse_args()
    from django.core.exceptions import ImproperlyConfigured

    os.umask(UMASK)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    try:
        prepare()
    except ImproperlyConfigured as error:
        return refuse(2, error)
    except CannotRun as error:
        return refuse(1, error)
    become_manager()
    return 1


def refuse(status: int, reason: Exception) -> int:
    """Say in one line why the platform does not start."""
    print(" ".join(str(reason).split()), file=sys.stderr)  # noqa: T201
    return status


def prepare() -> None:
    """Do once what all processes need. Raises: `CannotRun`, `ImproperlyConfigured`."""
    import django
    from django.conf import settings

    django.setup()
    require_sound_settings()
    hold_data(settings.DATA_DIR)
    require_free_port(settings.HOST, settings.PORT)
    prepare_database()
    export(settings)
    announce(settings)


def require_sound_settings() -> None:
    """Refuse settings that contradict each other, and name those that nobody reads.

    Raises: `ImproperlyConfigured`.
    """
    from django.core import checks
    from django.core.exceptions import ImproperlyConfigured

    from backend.settings import env

    for name in env.unknown_in_file():
        print(f".env: nothing reads {name}.", file=sys.stderr)  # noqa: T201
    if errors := [found for found in checks.run_checks() if found.is_serious()]:
        raise ImproperlyConfigured(" ".join(str(found.msg) for found in errors))


def hold_data(folder: Path) -> None:
    """Lock the data folder for as long as this process lives, its manager included.

    Raises: `CannotRun` when another platform runs on it.
    """
    (folder / "logs").mkdir(exist_ok=True)
    lock = os.open(folder / "platform.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.read(lock, 20).decode().strip() or "unknown"
        raise CannotRun(f"Medialoom runs on {folder} already (process {pid}).") from error
    os.truncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    os.set_inheritable(lock, True)


def require_free_port(host: str, port: int) -> None:
    """Raise `CannotRun` where the address cannot be listened on."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotRun(f"Port {port} of {host} is in use: set PORT to another.") from error
        raise CannotRun(f"HOST and PORT: cannot listen on {host}:{port} ({error}).") from error


def prepare_database() -> None:
    """Bring tables, static files and the first account up to date. Raises: `CannotRun`."""
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    from backend import static_files

    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("ensure_admin")
    except CommandError as error:
        raise CannotRun(str(error)) from error
    except OperationalError as error:
        raise CannotRun(f"DATABASE_URL: the database does not answer: {error}") from error
    finally:
        connections.close_all()
    static_files.collect()


def export(settings: "LazySettings") -> None:
    """Hand to `processes.conf` what it asks the environment for."""
    programs = str(Path(sys.executable).parent)
    os.environ.update(
        DATA_DIR=str(settings.DATA_DIR),
        LOG_FORMAT=settings.LOG_FORMAT,
        MEDIALOOM_PYTHON=sys.executable,
        MEDIALOOM_REDIS_SOCKET=str(settings.REDIS_SOCKET),
        MEDIALOOM_REDIS_IS_EMBEDDED=str(settings.REDIS_IS_EMBEDDED).lower(),
        MEDIALOOM_MOVERS=str(2 + settings.TRANSCODE_LIVE_MAX_SESSIONS),
        MEDIALOOM_TAKES_LIVE=str(settings.TRANSCODE_LIVE_RTMP_PORT > 0).lower(),
        PATH=os.environ.get("PATH", os.defpath) + os.pathsep + programs,
        PYTHONUNBUFFERED="1",
    )


def announce(settings: "LazySettings") -> None:
    """Say where everything is."""
    print(f"Medialoom starts on http://{settings.HOST}:{settings.PORT}")  # noqa: T201
    print(f"Its data lies in {settings.DATA_DIR}. Ctrl-C stops it.", flush=True)  # noqa: T201


def become_manager() -> None:
    """Go on as supervisor, in this very process: whoever stops us stops the platform."""
    os.chdir(HERE.parent)
    user = ["--user", str(os.getuid())] if os.getuid() == 0 else []
    manager = [sys.executable, "-P", str(HERE / "supervise.py")]
    os.execv(sys.executable, [*manager, "-c", str(HERE / "processes.conf"), *user])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
