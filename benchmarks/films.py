"""Films for the benchmarks of video: made once a run, of moving patterns and a tone."""

import subprocess
from pathlib import Path

_FFMPEG = ("ffmpeg", "-nostdin", "-v", "error", "-y")
_PICTURE = "testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t"
# What browsers play as it is, and what has to be encoded. In MP4, which says the bit rate of its
# sound, so that nobody encodes that.
CODECS = {
    "h264": ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "3M", "-g", "60"),
    "mpeg4": ("-c:v", "mpeg4", "-b:v", "6M", "-g", "60"),
}


def film(folder: Path, codec: str, duration_s: int) -> Path:
    """Return a film of 720p30 with sound; a long one is ten seconds again and again."""
    once = folder / f"{codec}-10.mp4"
    if not once.exists():
        sound = ("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000")
        run(
            "-f", "lavfi", "-i", _PICTURE, *sound, "-t", "10", "-pix_fmt", "yuv420p",
            *CODECS[codec], "-c:a", "aac", "-b:a", "128k", "-ac", "2",
            "-movflags", "+faststart", once,
        )  # fmt: skip
    path = folder / f"{codec}-{duration_s}.mp4"
    if not path.exists():
        loops = str(duration_s // 10 - 1)
        run("-stream_loop", loops, "-i", once, "-c", "copy", "-movflags", "+faststart", path)
    return path


def run(*words: str | Path) -> None:
    """Run ffmpeg."""
    subprocess.run([*_FFMPEG, *map(str, words)], check=True)
