"""The lexical side of M3U8 (RFC 8216, section 4): lines, tags, attribute lists and numbers.

Playlists come from runners, so each reader here knows what it takes and refuses the rest. What is
served is always written anew from what was understood, never passed on.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transcode.engines.errors import BadPlaylist

# 4 s a segment and three lines each: more than two days.
MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 150_000
MAX_TARGET_DURATION_S = 3600

_LINE_END = re.compile(r"\r\n|\n|\r")
# RFC 8216, section 4.1: no control characters but for line ends.
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",\s]+)(?:,|$)')
# A plain name: no folder, scheme, query, percent code or variable can hide in it.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-](?:\.?[A-Za-z0-9_-])*", re.ASCII)
_MAX_NAME_CHARS = 200
_NAMES_ADDRESS = re.compile(r"URI|://|\{\$", re.IGNORECASE)
_CHANGES_MEANING = (
    *("#EXT-X-SESSION", "#EXT-X-DEFINE", "#EXT-X-GAP", "#EXT-X-I-FRAME", "#EXT-X-SKIP"),
    "#EXT-X-STREAM-INF",
)
_SECONDS = re.compile(r"\d{1,7}(?:\.\d{1,12})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True)
class Tag:
    """One `#EXT…` line: what stands before the first colon, and what stands behind it."""

    name: str
    value: str


@dataclass(frozen=True)
class Uri:
    """One line that names a file. It is a plain name, of no folder and no server."""

    name: str


def lex(data: bytes | str) -> Iterator[Tag | Uri]:
    """Give what stands behind a playlist's first line, without comments and empty lines.

    Raises: BadPlaylist when it is too large, not UTF-8, has no header, or names anything but files
    beside it.
    """
    lines = _lines(data)
    if not lines or lines[0].rstrip() != "#EXTM3U":
        raise BadPlaylist("The playlist does not begin with #EXTM3U.")
    for line in lines[1:]:
        text = line.strip(" ")
        if text.startswith("#EXT"):
            name, _, value = text.partition(":")
            yield Tag(name, value)
        elif text and not text.startswith("#"):
            yield Uri(plain_name(text))


def _lines(data: bytes | str) -> list[str]:
    if len(data) > MAX_BYTES:
        raise BadPlaylist("The playlist is too long.")
    try:
        text = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise BadPlaylist("The playlist is not UTF-8.") from error
    lines = _LINE_END.split(text)
    if len(lines) > MAX_LINES:
        raise BadPlaylist("The playlist has too many lines.")
    if _CONTROL.search(text):
        raise BadPlaylist("The playlist holds control characters.")
    return lines


def plain_name(text: str) -> str:
    """Return a file name that is nothing else. Raises: BadPlaylist for a path or an address."""
    if len(text) > _MAX_NAME_CHARS or not _PLAIN_NAME.fullmatch(text):
        raise BadPlaylist("The playlist names something other than a file beside it.")
    return text


def ignore(tag: Tag) -> None:
    """Pass over a tag of no use to us.

    Raises: BadPlaylist when it names an address, or changes what the other lines mean.
    """
    if "KEY" in tag.name or tag.name.startswith(_CHANGES_MEANING):
        raise BadPlaylist("The playlist holds keys, session data, variables or gaps.")
    if _NAMES_ADDRESS.search(tag.name + tag.value):
        raise BadPlaylist("The playlist holds a tag that names an address.")


def attributes(tag: Tag) -> dict[str, str]:
    """Read an attribute list; quoted values come without their quotes.

    Raises: BadPlaylist when it is malformed or says something twice.
    """
    found: dict[str, str] = {}
    position = 0
    while position < len(tag.value):
        match = _ATTRIBUTE.match(tag.value, position)
        if match is None or match[1] in found:
            raise BadPlaylist("The playlist holds a malformed list of attributes.")
        found[match[1]] = match[2].strip('"')
        position = match.end()
    return found


def seconds(text: str) -> float:
    """Read a duration, exact to the microsecond. Raises: BadPlaylist for NaN, signs, exponents."""
    if not _SECONDS.fullmatch(text):
        raise BadPlaylist("The playlist holds a duration that is not one.")
    return round(float(text), 6)


def whole(text: str) -> int:
    """Read a decimal integer. Raises: BadPlaylist."""
    if not _WHOLE.fullmatch(text):
        raise BadPlaylist("The playlist holds a number that is not one.")
    return int(text)


def extinf(tag: Tag) -> float:
    """The duration of the segment that follows, in seconds; its title is dropped."""
    return seconds(tag.value.partition(",")[0])


def target_duration_s(tag: Tag) -> int:
    """How long a segment may be, in seconds. Raises: BadPlaylist above an hour."""
    value = whole(tag.value)
    if value > MAX_TARGET_DURATION_S:
        raise BadPlaylist("The playlist's target duration is out of range.")
    return value


def least_target_s(declared_s: int, durations_s: Iterable[float]) -> int:
    """The target duration to declare: no segment, rounded, is longer (RFC 8216, 4.3.3.1).

    ffmpeg declares 0 where all segments are shorter than half a second.
    """
    return max(1, declared_s, int(max(durations_s, default=0.0) + 0.5))
