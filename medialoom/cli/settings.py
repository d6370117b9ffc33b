"""The settings of each action as options, and the `config` that they make."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import click

PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow"),
)
AUDIO_CODECS = click.Choice(["libmp3lame", "aac"])
Command = Callable[..., Any]


@dataclass(frozen=True)
class Setting:
    """One option: where its value stands in `config`, what it may be, and its help."""

    flag: str
    path: str
    type: Any
    help: str
    is_many: bool = False

    @property
    def name(self) -> str:
        """What click calls the value."""
        return "set_" + self.flag.strip("-").replace("-", "_")


COMPRESS = (
    Setting("--preset", "preset", click.Choice(PRESETS, False), "Slower is smaller."),
    Setting("--width", "video.width", int, "Pixels, even."),
    Setting("--height", "video.height", int, "Pixels, even."),
    Setting(
        "--fit",
        "video.fit",
        click.Choice(["stretch", "contain", "shrink"]),
        "How the picture comes to that size: forced, with bars, or smaller with its own ratio.",
    ),
    Setting("--fps", "video.fps", int, "Frames a second."),
    Setting("--video-bitrate", "video.videoBitrate", int, "kbit/s."),
    Setting("--video-codec", "codecs.video", click.Choice(["libx264", "libx265"]), "Encoder."),
    Setting("--audio-bitrate", "video.audioBitrate", int, "kbit/s."),
    Setting("--sample-rate", "video.audioSampleRate", int, "Hz."),
    Setting("--audio-codec", "codecs.audio", AUDIO_CODECS, "Encoder of the sound."),
)
AUDIO = (
    Setting("--codec", "audio.codec", AUDIO_CODECS, "libmp3lame gives .mp3, aac gives .m4a."),
    Setting("--bitrate", "audio.bitrate", int, "kbit/s."),
    Setting("--sample-rate", "audio.sampleRate", int, "Hz."),
)
LANGUAGE = Setting(
    "--language", "transcribe.language", click.Choice(["auto", "en", "ru"]), "What is spoken."
)
FORMATS = Setting(
    "--format",
    "transcribe.formats",
    click.Choice(["txt", "srt", "vtt", "json"]),
    "What is written beside the text; may be repeated.",
    is_many=True,
)
MODEL = Setting(
    "--model",
    "summary.model",
    click.Choice(["GigaChat-2", "GigaChat-2-Pro", "GigaChat-2-Max"]),
    "For servers that summarise with GigaChat.",
)
PRINT = (
    Setting(
        "--language",
        "fileToText.language",
        click.Choice(["rus", "eng", "auto"]),
        "What is printed; the server has its own default, rus.",
    ),
    Setting(
        "--min-confidence",
        "fileToText.minConfidence",
        int,
        "0 to 100; less sure words are left out.",
    ),
)


def _within(prefix: str, flag: str, settings: Iterable[Setting]) -> tuple[Setting, ...]:
    """Return settings as they stand in a custom request, their options told apart by a word."""
    return tuple(
        Setting(f"--{flag}{one.flag[2:]}", prefix + one.path, one.type, one.help, one.is_many)
        for one in settings
    )


CUSTOM = (
    *_within("ffmpeg.", "", COMPRESS),
    *_within("", "extract-", AUDIO),
    LANGUAGE,
    FORMATS,
    MODEL,
    *_within("", "ocr-", PRINT),
)


def with_settings(settings: Iterable[Setting]) -> Callable[[Command], Command]:
    """Give a command an option for each setting; `config_in` reads them."""

    def decorate(command: Command) -> Command:
        for one in reversed(tuple(settings)):
            option = click.option(
                one.flag, one.name, type=one.type, multiple=one.is_many, help=one.help
            )
            command = option(command)
        return command

    return decorate


def config_in(settings: Iterable[Setting], chosen: dict[str, Any]) -> dict[str, Any]:
    """Return `config` of what was chosen: `{"video": {"width": 640}}`; the rest is the server's."""
    config: dict[str, Any] = {}
    for one in settings:
        value = chosen[one.name]
        if value is None or value == ():
            continue
        *groups, leaf = one.path.split(".")
        inner = config
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[leaf] = list(value) if one.is_many else value
    return config
