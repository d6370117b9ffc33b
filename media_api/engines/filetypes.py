"""What a file is, told by its content (Media API contract, 2.5).

First `file`, the program of libmagic: in a process of its own, for its parsers meet whatever is
sent. What may be a film or a sound must then open in ffprobe, through our list of demuxers: a
playlist by any name is neither.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.media import process
from core.media.errors import NotAvailable, NotMedia
from core.media.ffmpeg import Runner
from core.media.probe import MediaInfo, probe
from core.media.process import Limits

LIMITS = Limits(wall_s=20.0, memory_bytes=512 * 2**20)

PDF = "application/pdf"
BINARY = "application/octet-stream"


class FileType(StrEnum):
    """The types that decide what can be done with a file. A PDF is the document that is read."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    TEXT = "text"
    PDF = "pdf"
    DOCUMENT = "document"
    EXECUTABLE = "executable"
    OTHER = "other"


@dataclass(frozen=True)
class Content:
    """What a file holds. `media` is there for video and audio alone."""

    type: FileType
    mime: str
    media: MediaInfo | None = None


# Beside `video/*` and `audio/*`; libmagic does not know the transport stream for one.
_MAY_BE_MEDIA = frozenset({BINARY, "application/ogg", "application/mxf"})
_PLAIN_TYPES = {
    "image": FileType.IMAGE,
    "text": FileType.TEXT,
    "application": FileType.DOCUMENT,
}


def inspect(path: Path, *, suffix: str = "", runner: Runner = process.run) -> Content:
    """Tell what a file is. Of its name only `suffix` counts, and only where it is `.m4a`.

    Raises: ProgramMissing, ProgramTimeout, NotAvailable when there is no such file.
    """
    if not path.is_file():
        raise NotAvailable
    mime = mime_of(path, runner)
    family = mime.partition("/")[0]
    if family in ("video", "audio") or mime in _MAY_BE_MEDIA:
        return _media(path, mime, suffix=suffix, runner=runner)
    if mime == PDF:
        return Content(FileType.PDF, mime)
    return Content(_PLAIN_TYPES.get(family, FileType.OTHER), mime)


def mime_of(path: Path, runner: Runner = process.run) -> str:
    """Return what libmagic says. Raises: ProgramMissing, ProgramTimeout, ProgramFailed."""
    command = ["file", "--brief", "--mime-type", "--dereference", "--", str(path.absolute())]
    said = runner(command, limits=LIMITS, capture=True).stdout
    return str(said.decode("ascii", "replace").strip().lower())


def _media(path: Path, mime: str, *, suffix: str, runner: Runner) -> Content:
    nothing = FileType.EXECUTABLE if mime == BINARY else FileType.OTHER
    try:
        info = probe(path, runner=runner)
    except NotMedia:
        return Content(nothing, mime)
    if info.video is None and info.audio is None:
        return Content(nothing, mime)
    is_sound = (
        info.video is None
        or mime.startswith("audio/")
        or (mime == "video/mp4" and suffix.lower() == ".m4a")
    )
    return Content(FileType.AUDIO if is_sound else FileType.VIDEO, mime, info)
