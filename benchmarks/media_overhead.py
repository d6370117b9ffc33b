"""What the platform adds to a compression: a request beside the same two ffmpeg commands.

    python -m benchmarks.media_overhead [--quick]

Sixty seconds of 720p30 to 640x360 at 500 kbit/s in two passes. The platform's time is from
the post until the socket says that it is finished, archive included. A machine with neighbours
changes its speed from one quarter of a minute to the next: each request is compared with the mean
of the commands before it and of those after it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import films, instance
from benchmarks.figures import Figure, show
from benchmarks.media_people import MediaPerson

CONFIG = {"video": {"width": 640, "height": 360, "videoBitrate": 500, "fps": 30}}
SECONDS = 60


def main() -> int:
    """Measure, and print the figure."""
    parser = argparse.ArgumentParser(prog="benchmarks.media_overhead", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round")
    rounds = 1 if parser.parse_args().quick else 5
    ratios = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name, instance.running() as platform:
        person, folder = MediaPerson(platform), Path(name)
        person.made_s("compress", films.film(folder, "h264", 10), {"config": CONFIG})
        film = films.film(folder, "h264", SECONDS)
        before = _by_hand_s(film, folder)
        for _ in range(rounds):
            ours = person.made_s("compress", film, {"config": CONFIG})
            after = _by_hand_s(film, folder)
            ratios.append(ours / ((before + after) / 2))
            print(f"platform {ours:.2f} s, by hand {before:.2f} s before and {after:.2f} s after")
            before = after
    show([Figure("compress: wall time / two ffmpeg commands by hand", ratios, 1.03)])
    return 0


def _by_hand_s(film: Path, folder: Path) -> float:
    began = time.perf_counter()
    picture = ["-vf", "scale=640:360:flags=lanczos,fps=30"]
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "500k"]
    passes = ["-passlogfile", str(folder / "by-hand")]
    sound = ["-af", "loudnorm=I=-16:LRA=11:TP=-1.5"]
    sound += ["-c:a", "libmp3lame", "-b:a", "320k", "-ar", "48000"]
    for last in (
        ["-pass", "1", *passes, "-an", "-f", "null", "/dev/null"],
        ["-pass", "2", *passes, *sound, "-movflags", "+faststart", str(folder / "by-hand.mp4")],
    ):
        command = ["ffmpeg", "-y", "-nostdin", "-v", "error", "-i", str(film)]
        subprocess.run([*command, *picture, *encoder, *last], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
