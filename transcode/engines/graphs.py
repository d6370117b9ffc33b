"""Filter graphs, written with ffmpeg-python, and the argument lists they become.

Nothing here starts a program: what is made goes to `core.media.ffmpeg`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import ffmpeg

from core.media.ffmpeg import Input
from core.media.ffmpeg_rules import DEMUXERS, PICTURES
from core.media.paths import file_url
from core.media.probe import AudioStream, MediaInfo, VideoStream
from transcode.engines.bitrates import AudioPlan, audio_plan, audio_plan_beside_video
from transcode.engines.ladder import Size, display_size

# An output carries nothing of its source but pictures and sound.
STRIPPED: Mapping[str, str] = {"map_metadata": "-1", "map_chapters": "-1"}

# A file that plays while it is still being fetched.
FAST_START: Mapping[str, str] = {"movflags": "+faststart", "max_muxing_queue_size": "4096"}

_AAC_RATES_HZ = (44100, 48000)


class Command(NamedTuple):
    """What `core.media.ffmpeg.ffmpeg` is called with; `demuxers` too, by keyword."""

    inputs: list[Input]
    output: list[str]

    @property
    def demuxers(self) -> frozenset[str]:
        """The usual ones, and those of pictures where one is an input."""
        has_picture = any(each.format in PICTURES for each in self.inputs)
        return DEMUXERS | PICTURES if has_picture else DEMUXERS


@dataclass(frozen=True)
class Source:
    """What is encoded: a file, and one of its sound where the first has none."""

    path: Path | str
    info: MediaInfo
    audio_path: Path | None = None
    audio_info: MediaInfo | None = None

    @property
    def video(self) -> VideoStream:
        """Raises: ValueError without video."""
        if self.info.video is None:
            raise ValueError("The source has no video.")
        return self.info.video

    @property
    def audio(self) -> AudioStream | None:
        """The audio stream, of whichever file has it."""
        return self.audio_info.audio if self.audio_info else self.info.audio

    @property
    def size(self) -> Size:
        """Of the picture as it is shown."""
        return display_size(self.video)

    @property
    def audio_plan(self) -> AudioPlan:
        """What is done with the sound."""
        if self.audio_info is not None:
            return audio_plan(self.audio)
        return audio_plan_beside_video(self.info)

    def inputs(self, options: tuple[str, ...] = ()) -> list[Input]:
        """The files to open; `options` stand before the first."""
        first = Input(self.path, options)
        return [first, Input(self.audio_path)] if self.audio_path else [first]

    def pictures(self) -> Any:
        """The node of the video stream. By its number, for `v` might be a cover picture."""
        return node(0, self.video.index)

    def sound(self) -> Any:
        """The node of the audio stream; None without."""
        if self.audio is None:
            return None
        return node(1 if self.audio_path else 0, self.audio.index)


def node(number: int, stream: int) -> Any:
    """A stream of an input, both counted from 0."""
    return ffmpeg.input(str(number))[str(stream)]


def steady(pictures: Any, video: VideoStream, fps: int) -> Any:
    """Pictures at a constant rate from time 0 on, fields woven into frames."""
    if video.is_interlaced:
        pictures = pictures.filter("bwdif", mode="send_frame", deint="interlaced")
    return pictures.filter("fps", fps=fps, start_time=0)


def even_sound(sound: Any, audio: AudioStream) -> Any:
    """Sound from time 0 on, with silence where there is none, ready to be made stereo."""
    if audio.layout in (None, "", "unknown") and audio.channels > 2:
        # Nothing tells what the channels are, so nothing can mix them down.
        sound = sound.filter("pan", args="stereo|c0=c0|c1=c1")
    # `async=1` fills and trims, and never stretches.
    return sound.filter("aresample", **{"async": 1, "first_pts": 0})


def aac_options(audio: AudioStream, bitrate_bps: int) -> dict[str, str]:
    """Stereo AAC at a sampling rate that every player takes."""
    rate_hz = audio.sample_rate_hz if audio.sample_rate_hz in _AAC_RATES_HZ else _AAC_RATES_HZ[-1]
    return {"c:a": "aac", "b:a": str(bitrate_bps), "ac": "2", "ar": str(rate_hz)}


def compiled(
    inputs: Sequence[Input],
    streams: Sequence[Any],
    target: Path | str,
    options: Mapping[str, str],
    *,
    muxer: str,
) -> Command:
    """The command that brings `streams` into one output, in this order.

    A `target` that is text is taken as it is, instead of being made an address of a file.

    Input nodes bear the number of their input as their name. ffmpeg-python counts inputs anew, in
    the order in which its graph meets them, so ours are put into that order.
    """
    address = target if isinstance(target, str) else file_url(target)
    output = ffmpeg.output(*streams, address, format=muxer, **options)
    words: list[str] = output.get_args()
    ordered: list[Input] = []
    while words[0] == "-i":
        ordered.append(inputs[int(words[1])])
        words = words[2:]
    return Command(ordered, words)
