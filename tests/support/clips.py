"""Small clips for tests, each made by a real ffmpeg when a test first asks for it."""

import fcntl
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.environment import SHARED

_FFMPEG = ("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30")
_AAC = ("-c:a", "aac", "-b:a", "96k")
_FAST_START = ("-movflags", "+faststart")


def _picture(size: str = "640x360", fps: str = "30", duration_s: float = 2.0) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={fps}:duration={duration_s:g}")


def _tone(duration_s: float = 2.0, layout: str = "stereo") -> tuple[str, ...]:
    frequency_by_layout = {"stereo": "440|550", "5.1": "440|550|660|110|770|880"}
    tones = "|".join(f"0.2*sin(2*PI*{hz}*t)" for hz in frequency_by_layout[layout].split("|"))
    source = f"aevalsrc={tones}:channel_layout={layout}:sample_rate=48000:duration={duration_s:g}"
    return ("-f", "lavfi", "-i", source)


# Of each clip made by one command: its extension and what lies between ffmpeg and the file's name.
_RECIPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "landscape": ("mp4", (*_picture(), *_tone(), *_H264, *_AAC, *_FAST_START)),
    "portrait": ("mp4", (*_picture("360x640"), *_tone(), *_H264, *_AAC, *_FAST_START)),
    "odd": (
        "mp4",
        (
            *_picture(),
            *_tone(),
            "-vf",
            "scale=321:181,setsar=1",
            *_H264,
            "-pix_fmt",
            "yuv444p",
            *_AAC,
        ),
    ),
    "film": ("mp4", (*_picture(fps="24000/1001"), *_tone(), *_H264, *_AAC)),
    "fifty": ("mp4", (*_picture(fps="50"), *_tone(), *_H264, *_AAC)),
    "ten_bit": ("mp4", (*_picture(), *_tone(), *_H264, "-pix_fmt", "yuv420p10le", *_AAC)),
    "silent": ("mp4", (*_picture(), *_H264, *_FAST_START)),
    "audio_only": ("m4a", (*_tone(), *_AAC)),
    "mp3": ("mp3", (*_tone(), "-c:a", "libmp3lame", "-b:a", "96k")),
    "wav": ("wav", (*_tone(),)),
    "surround": ("mp4", (*_picture(), *_tone(layout="5.1"), *_H264, *_AAC)),
    "webm": (
        "webm",
        (
            *(*_picture("320x180"), *_tone(), "-c:v", "libvpx-vp9", "-deadline", "realtime"),
            *("-cpu-used", "8", "-b:v", "200k", "-g", "30", "-c:a", "libopus", "-b:a", "64k"),
        ),
    ),
    "mkv": ("mkv", (*_picture(), *_tone(), *_H264, *_AAC)),
    "mpegts": ("ts", (*_picture(), *_tone(), *_H264, *_AAC)),
    "slow_start": ("mp4", (*_picture(), *_tone(), *_H264, *_AAC)),
    "long_gop": (
        "mp4",
        (*_picture(duration_s=6), *_tone(6), *_H264, "-g", "150", "-sc_threshold", "0", *_AAC),
    ),
    "interlaced": (
        "mp4",
        (*_picture(fps="25"), *_H264, "-flags", "+ildct+ilme", "-x264-params", "tff=1"),
    ),
    "anamorphic": ("mp4", (*_picture("320x360"), "-vf", "setsar=2/1", *_H264)),
    "variable_rate": (
        "mp4",
        (
            *(*_picture(), "-vf", r"select='lt(n\,20)+not(mod(n\,3))'", "-vsync", "vfr"),
            *(*_H264, "-x264-params", "force-cfr=0"),
        ),
    ),
    "picture": ("jpg", (*_picture("64x64", duration_s=1), "-frames:v", "1", "-q:v", "5")),
}


def _rotated(target: Path) -> None:
    """A landscape picture that its metadata turns clockwise by 90 degrees, as phones write it.

    ffmpeg's own option for it differs from version to version, so the matrix in the picture's
    track header (ISO 14496-12, 8.3.2) is written here.
    """
    whole = clip("landscape").read_bytes()
    identity = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 360 << 16, 0, 1 << 30)
    at = whole.index(identity, whole.index(b"tkhd"))
    target.write_bytes(whole[:at] + turned + whole[at + len(identity) :])


def _cover(target: Path) -> None:
    """Audio with a cover: ffprobe shows that picture as a video stream."""
    _run(
        *("-i", str(clip("mp3")), "-i", str(clip("picture")), "-map", "0:a", "-map", "1:v"),
        *("-c", "copy", "-id3v2_version", "3", "-disposition:v:0", "attached_pic", str(target)),
    )


def _late_audio(target: Path) -> None:
    """Audio that begins half a second after the picture."""
    source = str(clip("landscape"))
    _run(
        *("-i", source, "-itsoffset", "0.5", "-i", source, "-map", "0:v", "-map", "1:a"),
        *("-c", "copy", str(target)),
    )


def _truncated(target: Path) -> None:
    """An MP4 whose index, at its end, never arrived."""
    whole = clip("slow_start").read_bytes()
    target.write_bytes(whole[: len(whole) // 2])


# Clips made out of other clips.
_DERIVED: dict[str, tuple[str, Callable[[Path], None]]] = {
    "rotated": ("mp4", _rotated),
    "cover": ("mp3", _cover),
    "late_audio": ("mp4", _late_audio),
    "truncated": ("mp4", _truncated),
}

NAMES = tuple(sorted((*_RECIPES, *_DERIVED)))


def clip(name: str) -> Path:
    """Return the path of a clip of two seconds (`long_gop`: six), the same file each time.

    It belongs to every test of this run: copy it before changing or moving it.

    - MP4, H.264 640x360 at 30 fps and stereo AAC: `landscape`, `slow_start` (index at the end),
      `long_gop` (a key frame each 5 s), `mkv`, `mpegts`, `late_audio` (0.5 s after the picture),
      `rotated` (shown as 360x640 by its metadata), `truncated` (unreadable)
    - other pictures: `portrait` 360x640, `odd` 321x181, `film` 23.976 fps, `fifty` 50 fps,
      `ten_bit`, `anamorphic` (320x360 shown as 640x360), `interlaced`, `variable_rate`
    - other sounds: `silent` (no audio stream), `surround` 5.1
    - `webm` VP9 and Opus 320x180; `audio_only`, `mp3`, `wav`, `cover` (mp3 with a picture)
    - `picture`, a JPEG

    Raises: KeyError for another name.
    """
    extension, make = _how_to_make(name)
    folder = SHARED / "clips"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.{extension}"
    if not path.exists():
        # Tests may ask from several threads; each clip has a lock of its own.
        with (folder / f".{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                unfinished = path.with_name(f".unfinished-{path.name}")
                make(unfinished)
                unfinished.rename(path)
    return path


def _how_to_make(name: str) -> tuple[str, Callable[[Path], None]]:
    if name in _DERIVED:
        return _DERIVED[name]
    extension, words = _RECIPES[name]
    return extension, lambda target: _run(*words, str(target))


def _run(*words: str) -> None:
    subprocess.run([*_FFMPEG, *words], check=True)
