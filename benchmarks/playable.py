"""How soon a video plays: from the upload's last byte to the first frame that can be fetched.

    python -m benchmarks.playable [--quick]

Films of 10, 60 and 600 s of 720p30, once as H.264 with AAC, which browsers play as it is,
and once as MPEG-4 Part 2, which has to be encoded; and a resumable upload that takes twelve
seconds, of a film that can be read from the front.
"""

import argparse
import base64
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks import films, instance
from benchmarks.figures import Figure, show
from benchmarks.people import Person

LIMITS_S = {"h264": 1.0, "mpeg4": 4.0}
UPLOAD_S = 12.0


def main() -> int:
    """Measure each and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.playable", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round")
    rounds = 1 if parser.parse_args().quick else 3
    with tempfile.TemporaryDirectory(prefix="bench-") as name, instance.running() as platform:
        person, folder = Person(platform), Path(name)
        playable_s(person, films.film(folder, "mpeg4", 10))  # Workers are warm.
        for codec, limit_s in LIMITS_S.items():
            for duration_s in (10, 60, 600):
                path = films.film(folder, codec, duration_s)
                values = [playable_s(person, path) for _ in range(rounds)]
                show([Figure(f"{codec}, {duration_s} s: playable after, s", values, limit_s)])
        for codec in LIMITS_S:
            path = films.film(folder, codec, 60)
            early = [early_s(person, path) for _ in range(rounds)]
            title = f"{codec}: playable before the last byte of an upload, s"
            show([Figure(title, early, 0.0, at_least=True)])
    return 0


def playable_s(person: Person, path: Path) -> float:
    """Return the seconds from the last byte until the first frame could be fetched."""
    with person.upload(path) as (uuid, sent_at):
        person.first_frame(person.hear(uuid, lambda video: video["playable"]))
        return time.perf_counter() - sent_at


def early_s(person: Person, path: Path) -> float:
    """Return how long before the last byte of a slow resumable upload the video could be played."""
    said = {"purpose": "video", "filename": path.name, "name": "A film"}
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items())
    tus = {"Tus-Resumable": "1.0.0"}
    created = person.client.post(
        "/tus/",
        headers={**tus, "Upload-Length": str(path.stat().st_size), "Upload-Metadata": metadata},
    ).raise_for_status()
    uuid = created.headers["Upload-Resource"].rstrip("/").rsplit("/", 1)[1]
    ended_at: list[float] = []

    def send() -> None:
        headers = {
            **tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(path.stat().st_size),
        }  # fmt: skip
        location = httpx.URL(person.url).join(created.headers["Location"])
        answer = person.client.patch(location, content=slowly(path), headers=headers)
        answer.raise_for_status()
        ended_at.append(time.perf_counter())

    sender = threading.Thread(target=send)
    sender.start()
    try:
        person.first_frame(person.hear(uuid, lambda video: video["playable"]))
        played_at = time.perf_counter()
    finally:
        sender.join()
        person.client.delete(f"/video/{uuid}")
    return ended_at[0] - played_at


def slowly(path: Path) -> Iterator[bytes]:
    """Yield a file over twelve seconds."""
    size, began, sent = path.stat().st_size, time.perf_counter(), 0
    with path.open("rb") as file:
        while piece := file.read(2**16):
            yield piece
            sent += len(piece)
            due = began + UPLOAD_S * sent / size
            time.sleep(max(0.0, due - time.perf_counter()))  # a line so fast


if __name__ == "__main__":
    sys.exit(main())
