"""`make bench`: run every benchmark one after the other, then print one table of them all."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import GATHER, gathered

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = (
    "queue",
    "submit",
    "fanout",
    "limits",
    "ocr",
    "ladder",
    "playable",
    "accept_race",
    "download",
    "media_submit",
    "media_fanout",
    "media_overhead",
    "media_mix",
)


def main() -> int:
    """Return 0 when every script ran to its end, whether or not its targets are met."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first look")
    parser.add_argument("scripts", nargs="*", default=SCRIPTS, help=f"of {', '.join(SCRIPTS)}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder, "figures")
        path.touch()
        failed = [name for name in options.scripts if not _run(name, path, quick=options.quick)]
        print("\n== all figures")
        for figure in gathered(path):
            print(figure.row())
    for name in failed:
        print(f"benchmarks/{name}.py failed", file=sys.stderr)
    return bool(failed)


def _run(name: str, gather: Path, *, quick: bool) -> bool:
    print(f"\n== benchmarks/{name}.py", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else [])]
    env = {**os.environ, GATHER: str(gather)}
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
