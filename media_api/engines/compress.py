"""The two passes that make a video smaller (Media API contract, 4.3).

The graph belongs to this stage alone: what another one takes of the same file is not changed by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.media.paths import file_url
from core.media.probe import MediaInfo, VideoStream
from media_api.engines.commands import FAST_START, Command, command, stream
from media_api.engines.errors import UnsupportedFileType
from media_api.engines.sound import AudioSettings, mixable
from media_api.engines.words import AudioCodec, Fit, Preset, VideoCodec

PASSES = 2
LEAST_SIDE = {VideoCodec.X264: 2, VideoCodec.X265: 16}
"""Pixels. What is smaller libx265 refuses: such a picture gets bars, as it may not be enlarged."""
LOUDNESS = {"I": -16, "LRA": 11, "TP": -1.5}
"""Integrated loudness in LUFS, its range in LU, the true peak in dBTP (EBU R 128)."""

Size = tuple[int, int]


@dataclass(frozen=True)
class CompressSettings:
    """What comes out: pixels, kbit/s, Hz, frames a second."""

    preset: Preset
    width: int
    height: int
    fit: Fit
    fps: int
    codec: VideoCodec
    bitrate_kbps: int
    audio: AudioSettings

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> "CompressSettings":
        """Read the group `ffmpeg` of a request's config."""
        video, codecs = group["video"], group["codecs"]
        audio = AudioSettings(
            AudioCodec(codecs["audio"]), int(video["audioBitrate"]), int(video["audioSampleRate"])
        )
        return cls(
            preset=Preset(group["preset"]),
            width=int(video["width"]),
            height=int(video["height"]),
            fit=Fit(video["fit"]),
            fps=int(video["fps"]),
            codec=VideoCodec(codecs["video"]),
            bitrate_kbps=int(video["videoBitrate"]),
            audio=audio,
        )


def passes(
    source: Path, info: MediaInfo, settings: CompressSettings, *, scratch: Path, target: Path
) -> tuple[Command, Command]:
    """The commands of both passes, whose logs lie in `scratch`. The second writes an MP4.

    Without an audio stream there is none in the output. Raises: UnsupportedFileType without video.
    """
    if info.video is None:
        raise UnsupportedFileType
    pictures = normalised(stream(info.video.index), info.video, settings)
    sounds = [] if info.audio is None else [stream(info.audio.index)]
    # The sound goes along uncoded: without it a transport stream would begin at another time, and
    # libx264 crashes on a second pass that has more pictures than the first.
    options = {**_options(settings, 1), **({"c:a": "copy"} if sounds else {})}
    first = command(source, [pictures, *sounds], "/dev/null", options, muxer="null", cwd=scratch)
    if info.audio is not None:
        sounds = [mixable(sounds[0], info.audio).filter("loudnorm", **LOUDNESS)]
    options = {
        **_options(settings, 2),
        **FAST_START,
        **(_sound_options(settings) if sounds else {}),
    }
    second = command(
        source, [pictures, *sounds], file_url(target), options, muxer="mp4", cwd=scratch
    )
    return first, second


def normalised(pictures: Any, video: VideoStream, settings: CompressSettings) -> Any:
    """Pictures of the size and rate that were asked for, of square pixels that players take."""
    wanted = (settings.width, settings.height)
    is_forced = settings.fit == Fit.STRETCH or not video.width or not video.height
    width, height = wanted if is_forced else fitted(video, settings)
    pictures = pictures.filter("scale", width, height, flags="lanczos").filter("setsar", 1)
    least = LEAST_SIDE[settings.codec]
    frame = wanted if settings.fit == Fit.CONTAIN else (max(least, width), max(least, height))
    if (width, height) != frame:
        # Even, or the picture would lie half a sample of colour beside itself.
        left, top = (frame[0] - width) // 4 * 2, (frame[1] - height) // 4 * 2
        pictures = pictures.filter("pad", *frame, left, top)
    # From time 0 on: ffmpeg would else fill what is missing there, in the second pass alone.
    return pictures.filter("fps", fps=settings.fps, start_time=0).filter("format", "yuv420p")


def fitted(video: VideoStream, settings: CompressSettings) -> Size:
    """The largest even size of the video's shape within what was asked for, at least 2 x 2.

    To `shrink` is never to enlarge. The shape is what players show, pixels that are not square
    reckoned in.
    """
    shown_width, shown_height = float(video.width * video.sar), float(video.height)
    factor = min(settings.width / shown_width, settings.height / shown_height)
    if settings.fit == Fit.SHRINK:
        factor = min(1.0, factor)
    return _even(shown_width * factor), _even(shown_height * factor)


def _sound_options(settings: CompressSettings) -> dict[str, str]:
    # The lowest rates of MP3 (MPEG 2.5) are in no standard of MP4, though players take them.
    is_unofficial = settings.audio.codec == AudioCodec.MP3
    return settings.audio.options | ({"strict": "unofficial"} if is_unofficial else {})


def _even(length: float) -> int:
    return max(2, int(length + 1e-6) // 2 * 2)


def _options(settings: CompressSettings, number: int) -> dict[str, str]:
    options = {
        "c:v": settings.codec.value,
        "preset": settings.preset.value,
        "b:v": f"{settings.bitrate_kbps}k",
    }
    if settings.codec == VideoCodec.X264:
        return {**options, "pass": str(number), "passlogfile": "2pass"}
    # libx265 does not look at `-pass`. By this tag Apple's players know the stream.
    params = f"pass={number}:stats=x265.stats:log-level=error"
    return {**options, "x265-params": params, "tag:v": "hvc1"}
