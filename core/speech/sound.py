"""The sound of any file, as speech engines take it: WAV, 16 kHz, one channel, 16 bits."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from core.media import process
from core.media.ffmpeg import Input, Runner, Word, ffmpeg
from core.media.process import Limits
from core.media.progress import Progress
from core.media.streams import AudioStream
from core.speech.wav import RATE_HZ


def decode(
    source: Path,
    audio: AudioStream,
    target: Path,
    *,
    runner: Runner = process.run,
    limits: Limits | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    check: Callable[[], None] | None = None,
    level: Literal["error", "warning"] = "error",
) -> None:
    """Write the sound of one stream of a file; the rest as in `core.media.ffmpeg.ffmpeg`.

    The signal stays as it is: neither louder nor cleaner sound is understood better (Media API
    contract, 7.2). Raises: what `core.media.ffmpeg.ffmpeg` raises.
    """
    ffmpeg(
        [Input(source)],
        arguments(audio, target),
        runner=runner,
        limits=limits,
        on_progress=on_progress,
        check=check,
        level=level,
    )


def arguments(audio: AudioStream, target: Path) -> Sequence[Word]:
    """What stands behind ffmpeg's input. Sound that begins late is preceded by silence."""
    filters = ["aresample=async=1:first_pts=0"]
    if audio.layout in (None, "", "unknown") and audio.channels > 2:
        # Nothing tells what the channels are, so nothing can mix them down.
        filters.insert(0, "pan=stereo|c0=c0|c1=c1")
    return [
        *("-map", f"0:{audio.index}", "-map_metadata", "-1", "-af", ",".join(filters)),
        *("-ac", "1", "-ar", str(RATE_HZ), "-c:a", "pcm_s16le", "-f", "wav", target),
    ]
