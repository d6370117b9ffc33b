"""The virtual environment `.venv` and the pinned packages in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .debian import BROWSERS
from .problems import SetupImpossible

FOR_TESTS = ["dev.txt", "base.txt"]  # the first holds the second
LOCKS = {"run": ["base.txt"], "test": FOR_TESTS, "postgres": FOR_TESTS}


def prepare(root: Path, state: Path, purpose: str) -> None:
    """Make `.venv` hold exactly what `purpose` needs, unless it does. Raises: `SetupImpossible`.

    A stamp inside names what was installed. A marker outside stands from before the first
    change until after the last one: where it is found, a set-up died, and what it left is
    thrown away rather than trusted.
    """
    folder, marker = root / ".venv", state / "unfinished"
    wanted = [digest(root / "requirements" / name) for name in LOCKS[purpose]]
    if not marker.exists() and wanted[0] in installed(folder):
        return
    if marker.exists() or not (folder / "bin" / "python").exists():
        marker.touch()
        make_empty(folder)
    marker.touch()
    print("Installing Python packages; the first time takes some minutes ...", flush=True)  # noqa: T201
    install(folder, root / "requirements" / LOCKS[purpose][0])
    if purpose != "run":
        install_browser(folder)
    (folder / "installed").write_text("\n".join(wanted) + "\n")
    marker.unlink()


def digest(path: Path) -> str:
    """Return a name for the content of a lock file under this Python."""
    version = ".".join(map(str, sys.version_info[:2])).encode()
    return hashlib.sha256(version + b"\0" + path.read_bytes()).hexdigest()


def installed(folder: Path) -> list[str]:
    """Return the digests of what the environment holds; none where it does not work."""
    stamp = folder / "installed"
    if not stamp.exists() or not (folder / "bin" / "python").exists():
        return []
    return stamp.read_text().split()


def make_empty(folder: Path) -> None:
    """Make a new, empty environment in place of whatever is there."""
    shutil.rmtree(str(folder), ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)


def install(folder: Path, lock: Path) -> None:
    """Install the packages of a lock file. Raises: `SetupImpossible`."""
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--no-input"]
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    result = subprocess.run([*command, "-r", str(lock)], env=environment, check=False)
    if result.returncode:
        raise SetupImpossible("pip could not install the packages of " + lock.name + ": see above.")


def install_browser(folder: Path) -> None:
    """Have playwright fetch its own browser where the system has none."""
    if any(map(shutil.which, BROWSERS)):
        return
    command = [str(folder / "bin" / "playwright"), "install", "--with-deps", "chromium"]
    if subprocess.run(command, check=False).returncode:
        raise SetupImpossible("Install a Chromium browser for the browser tests, then try again.")
