"""How long a ladder takes, upload to published, beside ffmpeg by hand.

    python -m benchmarks.ladder [--quick]

60 s of 720p30 (quick: 20 s), which has to be encoded, to 720, 480, 360 and 240 plus sound.
In turns: the platform, one ffmpeg that decodes once and makes all, and one ffmpeg a
rendition one after the other, as PeerTube's runners do it.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import films, instance
from benchmarks.figures import Figure, show
from benchmarks.people import Person

RUNGS = {720: (1280, 3041), 480: (854, 1475), 360: (640, 1037), 240: (426, 522)}
TARGET_ONE, TARGET_EACH = 1.05, 0.72
_HLS = (
    "-f", "hls", "-hls_time", "4", "-hls_list_size", "0", "-hls_segment_type", "fmp4",
    "-hls_flags", "single_file+independent_segments",
)  # fmt: skip
_KEYS = ("-force_key_frames", "expr:gte(t,n_forced*2)", "-sc_threshold", "0", "-g", "60")


def main() -> int:
    """Measure in turns and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.ladder", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 s, one round")
    is_quick = parser.parse_args().quick
    rounds, duration_s = (1, 20) if is_quick else (3, 60)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        path = films.film(Path(name), "mpeg4", duration_s)
        with instance.running(TRANSCODE_RESOLUTIONS="240,360,480,720") as platform:
            person = Person(platform)
            turns = [
                (by_platform(person, path), by_one(path), by_each(path)) for _ in range(rounds)
            ]
    show([
        Figure("upload to published / one ffmpeg by hand", [p / one for p, one, _ in turns],
               TARGET_ONE),
        Figure("upload to published / an ffmpeg a rendition", [p / each for p, _, each in turns],
               TARGET_EACH),
    ])  # fmt: skip
    for ours, one, each in turns:
        print(f"platform {ours:.1f} s, one ffmpeg {one:.1f} s, one a rendition {each:.1f} s")
    return 0


def by_platform(person: Person, path: Path) -> float:
    """Return the seconds from the upload's beginning until the video is published."""
    began = time.perf_counter()
    with person.upload(path) as (uuid, _):
        person.hear(uuid, lambda video: video["state"]["id"] == 1)
        return time.perf_counter() - began


def by_one(path: Path) -> float:
    """Return the seconds of one command that decodes once and encodes all."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        graph = f"[0:v]split={len(RUNGS)}" + "".join(f"[s{r}]" for r in RUNGS)
        graph += "".join(f";[s{r}]scale=-2:{r}[v{r}]" for r in RUNGS)
        maps: list[str] = ["-map", "0:a"]
        for at, (rung, (_, kbps)) in enumerate(RUNGS.items()):
            maps += ["-map", f"[v{rung}]", f"-maxrate:v:{at}", f"{kbps}k"]
            maps += [f"-bufsize:v:{at}", f"{2 * kbps}k"]
        streams = " ".join(
            ["a:0,agroup:audio", *(f"v:{n},agroup:audio" for n in range(len(RUNGS)))]
        )
        return timed(
            "-i", path, "-filter_complex", graph, *maps, "-c:v", "libx264", "-preset", "veryfast",
            "-pix_fmt", "yuv420p", *_KEYS, "-c:a", "copy", *_HLS, "-var_stream_map", streams,
            "-hls_segment_filename", f"{folder}/v%v.mp4", f"{folder}/v%v.m3u8",
        )  # fmt: skip


def by_each(path: Path) -> float:
    """Return the seconds of one command a rendition, one after the other."""
    total_s = 0.0
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    for rung, (_, kbps) in RUNGS.items():
        total_s += timed(
            "-i", path, "-an", "-vf", f"scale=-2:{rung}", "-c:v", "libx264", "-preset", "veryfast",
            "-pix_fmt", "yuv420p", "-maxrate", f"{kbps}k", "-bufsize", f"{2 * kbps}k", *_KEYS,
            *_HLS, "-hls_segment_filename", f"{folder}/{rung}.mp4", f"{folder}/{rung}.m3u8",
        )  # fmt: skip
    total_s += timed("-i", path, "-vn", "-c:a", "copy", *_HLS,
                     "-hls_segment_filename", f"{folder}/0.mp4", f"{folder}/0.m3u8")  # fmt: skip
    shutil.rmtree(folder)
    return total_s


def timed(*words: str | Path) -> float:
    """Return the seconds that one ffmpeg takes."""
    began = time.perf_counter()
    films.run(*words)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
