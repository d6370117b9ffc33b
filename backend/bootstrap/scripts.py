"""`node_modules`: the scripts of others that pages use, fetched by npm as their lock says."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from .problems import SetupImpossible

# No package's own scripts are run, and nobody is told what is installed here.
COMMAND = ["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
QUIET = ["--loglevel=error"]


def prepare(root: Path) -> None:
    """Make `node_modules` hold exactly what the lock names, unless it does.

    npm empties the folder before it begins, and the stamp in it is written last: what a
    killed set-up left is not trusted. Raises: `SetupImpossible`.
    """
    lock, folder = root / "package-lock.json", root / "node_modules"
    stamp, wanted = folder / "installed", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Installing scripts of the pages ...", flush=True)  # noqa: T201
    done = subprocess.run([*COMMAND, *QUIET], cwd=str(root), stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SetupImpossible("npm could not install the packages of " + lock.name + ": see above.")
    folder.mkdir(exist_ok=True)
    stamp.write_text(wanted)
