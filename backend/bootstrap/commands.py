"""The command `medialoom` beside the environment's own programs: this checkout's client."""

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
    """Write the launcher, unless it is there; it is whole at every moment."""
    programs = root / ".venv" / "bin"
    text = LAUNCHER.format(python=programs / "python", root=str(root))
    path = programs / "medialoom"
    if path.exists() and path.read_text() == text:
        return
    unfinished = programs / ".medialoom.unfinished"
    unfinished.write_text(text)
    unfinished.chmod(0o755)
    os.replace(str(unfinished), str(path))  # noqa: PTH105 - what older Pythons have
