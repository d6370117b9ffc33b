"""What one request for everything saves: all four actions together beside the four alone.

    python -m benchmarks.media_mix [--quick]

A film of a minute in which somebody speaks: its compression, its sound, its text, its
summary. What two of them share is made once.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import instance
from benchmarks.figures import Figure, show
from benchmarks.media_people import MediaPerson

ACTIONS = ("compress", "extract_audio", "transcribe", "summarize")
ROUTES = {"extract_audio": "extract-audio"}
FFMPEG = {"video": {"width": 640, "height": 360, "videoBitrate": 500, "fps": 30}}
WORDS = (
    "good morning everyone and welcome to the second lecture of this course. "
    "today we are going to talk about computer networks and how data moves between machines. "
    "a network is a group of computers that are connected so that they can share information. "
    "when you open a web page your computer sends a request to a server. "
    "the request travels through many routers before it reaches the server. "
    "each router reads the address and decides where to send the packet next. "
)


def main() -> int:
    """Measure, and print the figure."""
    parser = argparse.ArgumentParser(prog="benchmarks.media_mix", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round")
    rounds = 1 if parser.parse_args().quick else 3
    ratios = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name, instance.running() as platform:
        person, film = MediaPerson(platform), _film(Path(name))
        person.made_s("custom", film, _mix())
        for _ in range(rounds):
            alone = [person.made_s(ROUTES.get(each, each), film, _one(each)) for each in ACTIONS]
            together = person.made_s("custom", film, _mix())
            ratios.append(together / sum(alone))
            each = ", ".join(f"{each} {s:.1f}" for each, s in zip(ACTIONS, alone, strict=True))
            print(f"together {together:.1f} s; alone {each}")
    show([Figure("all four actions together / one after the other", ratios, 0.7)])
    return 0


def _mix() -> dict[str, object]:
    return {"actions": list(ACTIONS), "config": {"ffmpeg": FFMPEG}}


def _one(action: str) -> dict[str, object]:
    return {"config": FFMPEG} if action == "compress" else {}


def _film(folder: Path) -> Path:
    """Make a film in which a voice reads a text, over and over for a minute."""
    speech, film = folder / "speech.wav", folder / "film.mp4"
    text = WORDS.replace(",", "").replace("'", "")
    _run(["-f", "lavfi", "-i", f"flite=text='{text}':voice=rms", "-ar", "16000", speech])
    picture = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30"]
    sound = ["-stream_loop", "-1", "-i", speech]
    encoders = ["-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "-pix_fmt", "yuv420p"]
    _run([*picture, *sound, "-t", "60", *encoders, film])
    return film


def _run(words: list[object]) -> None:
    command = ["ffmpeg", "-y", "-nostdin", "-v", "error", *map(str, words)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
