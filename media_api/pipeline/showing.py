"""Commands of ffmpeg in a job's log, where the operator wants to see them."""

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.media.ffmpeg import Runner
from core.media.process import Completed


def showing(runner: Runner, log: Callable[[str], None], folders: Sequence[Path]) -> Runner:
    """Return a runner that logs each whole command of ffmpeg before it runs it.

    The log is the owner's to read too: what lies in these folders is named without them.
    """
    hidden = sorted((f"{folder.absolute()}/" for folder in folders), key=len, reverse=True)

    def run(args: Sequence[str | os.PathLike[str]], **options: Any) -> Completed:
        words = [os.fspath(word) for word in args]
        if words[0] == "ffmpeg":
            line = shlex.join(words)
            for folder in hidden:
                line = line.replace(folder, "")
            log(line)
        return runner(args, **options)

    return run
