"""Commands of ours run by the real ffmpeg, and what comes out of it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.media import process
from core.media.ffmpeg import ffmpeg
from core.media.probe import MediaInfo, probe
from core.media.process import Limits
from tests.support.clips import clip
from transcode.engines.graphs import Command, Source

LIMITS = Limits(wall_s=120)


def source_of(name: str) -> Source:
    """A clip of the tests, probed."""
    path = clip(name)
    return Source(path, probe(path))


def make(command: Command, **options: Any) -> None:
    ffmpeg(command.inputs, command.output, demuxers=command.demuxers, limits=LIMITS, **options)


def made(command: Command, path: Path) -> MediaInfo:
    """Run a command that writes `path`, and look at the result."""
    make(command)
    return probe(path)


@dataclass(frozen=True)
class Playlist:
    """What matters of a playlist here."""

    text: str

    @classmethod
    def read(cls, folder: Path, name: str) -> "Playlist":
        return cls((folder / f"{name}.m3u8").read_text())

    @property
    def lengths_s(self) -> list[float]:
        return [float(found) for found in re.findall(r"#EXTINF:([\d.]+)", self.text)]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """First byte and the one behind the last, the initialisation's range first."""
        found = re.findall(r'BYTERANGE[:=]"?(\d+)@(\d+)', self.text)
        return [(int(offset), int(offset) + int(length)) for length, offset in found]

    @property
    def media(self) -> set[str]:
        """The files that it names."""
        lines = {line for line in self.text.splitlines() if line and not line.startswith("#")}
        return lines | set(re.findall(r'URI="([^"]+)"', self.text))


def decode(path: Path) -> list[str]:
    """What ffmpeg complains of while it decodes a file whole; a playlist too, of our own."""
    words = ["ffmpeg", "-nostdin", "-v", "warning", "-i", str(path), "-f", "null", "-"]
    return list(process.run(words, limits=LIMITS).tail)


def colour_at(path: Path, x: int, y: int, at_s: float = 0.0) -> tuple[int, int, int]:
    """Red, green and blue of one pixel at a time."""
    seek = ["-ss", str(at_s)] if at_s else []
    words = ["ffmpeg", "-nostdin", "-v", "error", *seek, "-i", str(path)]
    words += ["-frames:v", "1", "-vf", f"crop=1:1:{x}:{y}:exact=1", "-pix_fmt", "rgb24"]
    shown = process.run([*words, "-f", "rawvideo", "-"], limits=LIMITS, capture=True).stdout
    return shown[0], shown[1], shown[2]
