"""Graphics cards that there are not: an ffmpeg in front of the real one plays them."""

import os
import shutil
import sys
from pathlib import Path

CARD = "h264_nvenc"
_SCRIPT = """\
#!{python}
import os, subprocess, sys, time

real, words = {real!r}, sys.argv[1:]
if {card!r} not in words or "-version" in words:
    os.execv(real, [real, *words])
{does}
"""


def card_that_does(folder: Path, monkeypatch, *lines: str) -> Path:
    """Have ffmpeg do this wherever a card is to encode; return the folder that comes first.

    The lines are Python; `real` is the real ffmpeg's path and `words` what it is told.
    """
    programs = folder / "programs"
    programs.mkdir()
    real = shutil.which("ffmpeg")
    script = programs / "ffmpeg"
    script.write_text(
        _SCRIPT.format(python=sys.executable, real=real, card=CARD, does="\n".join(lines))
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return programs
