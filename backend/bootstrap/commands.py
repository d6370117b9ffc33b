"""The command and the package `medialoom` in the environment: this checkout's client."""

from __future__ import annotations

import os
from pathlib import Path

LAUNCHER = """#!{python}
import sys

sys.path.insert(0, {root!r})
from medialoom.cli import main

sys.exit(main())
"""


def offer(root: Path) -> None:
    """Write the launcher and link the package, unless they are there; whole at every moment."""
    _launch(root)
    for packages in (root / ".venv" / "lib").glob("python*/site-packages"):
        _link(packages / "medialoom", root / "medialoom")


def _link(path: Path, target: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        return  # Somebody has installed it there.
    if path.is_symlink() and os.readlink(str(path)) == str(target):  # noqa: PTH115 - as below
        return
    unfinished = path.with_name(".medialoom.unfinished")
    if unfinished.is_symlink():
        unfinished.unlink()
    unfinished.symlink_to(target)
    os.replace(str(unfinished), str(path))  # noqa: PTH105 - what older Pythons have


def _launch(root: Path) -> None:
    programs = root / ".venv" / "bin"
    text = LAUNCHER.format(python=programs / "python", root=str(root))
    path = programs / "medialoom"
    if path.exists() and path.read_text() == text:
        return
    unfinished = programs / ".medialoom.unfinished"
    unfinished.write_text(text)
    unfinished.chmod(0o755)
    os.replace(str(unfinished), str(path))  # noqa: PTH105 - what older Pythons have
