"""Media playlists of one fragmented MP4 whose segments are ranges of its bytes.

That is what runners send and our own ffmpeg writes (transcode contract, 4.1; RFC 8216).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from transcode.engines import m3u8
from transcode.engines.byteranges import ByteRange, require_seamless
from transcode.engines.errors import BadPlaylist
from transcode.engines.m3u8 import Tag, Uri

_VERSION = 7


class Kind(StrEnum):
    """Whether a playlist still grows at its end, or never changes."""

    EVENT = "EVENT"
    VOD = "VOD"


@dataclass(frozen=True)
class Segment:
    """`duration_s` of media, which lie in `byterange` of the file."""

    duration_s: float
    byterange: ByteRange


@dataclass(frozen=True)
class MediaPlaylist:
    """The segments of one file named `media_name`, behind `initial`, the range of its header."""

    media_name: str
    target_duration_s: int
    initial: ByteRange
    segments: tuple[Segment, ...]
    kind: Kind
    is_ended: bool

    @property
    def duration_s(self) -> float:
        """The sum of all segments' durations."""
        return sum(segment.duration_s for segment in self.segments)

    @property
    def ranges(self) -> tuple[ByteRange, ...]:
        """Every range: the header's, then those of the segments."""
        return (self.initial, *(segment.byterange for segment in self.segments))

    def as_event(self) -> "MediaPlaylist":
        """Return the same list as one that still grows."""
        return replace(self, kind=Kind.EVENT, is_ended=False)

    def as_vod(self) -> "MediaPlaylist":
        """Return the same list as one that is complete."""
        return replace(self, kind=Kind.VOD, is_ended=True)

    def require_fits(self, file_size: int) -> None:
        """Refuse ranges that do not cover a file of `file_size` bytes seamlessly.

        While the list grows they only have to lie inside of it.

        Raises: BadPlaylist.
        """
        ranges = self.ranges
        require_seamless(ranges[0], ranges[1:], file_size, is_growing=not self.is_ended)
        if self.is_ended and not self.segments:
            raise BadPlaylist("The playlist lists no segments.")


def read(data: bytes | str) -> MediaPlaylist:
    """Read a playlist. What it leaves out or what we have no use for is not in the result.

    Raises: BadPlaylist when it is malformed, names more than one file, anything but a file beside
    it, or keys, or when its segments lack a range.
    """
    reader = _Reader()
    for item in m3u8.lex(data):
        reader.take(item)
    return reader.result()


def read_file(path: Path) -> MediaPlaylist:
    """Read a playlist from a file, of which no more is read than may be. Raises: BadPlaylist."""
    with path.open("rb") as file:
        return read(file.read(m3u8.MAX_BYTES + 1))


def write(playlist: MediaPlaylist, media_name: str | None = None) -> str:
    """Give the playlist's text, for a media file called `media_name` (by default, as before)."""
    name = m3u8.plain_name(media_name or playlist.media_name)
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{playlist.target_duration_s}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{playlist.kind}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{name}",BYTERANGE="{playlist.initial}"',
    ]
    for segment in playlist.segments:
        lines += [f"#EXTINF:{segment.duration_s:.6f},", f"#EXT-X-BYTERANGE:{segment.byterange}"]
        lines.append(name)
    if playlist.is_ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


@dataclass
class _Reader:
    """What was understood so far; `_duration_s` and `_range` belong to the segment to come."""

    _names: set[str] = field(default_factory=set)
    _segments: list[Segment] = field(default_factory=list)
    _initial: ByteRange | None = None
    _target_s: int | None = None
    _kind: Kind | None = None
    _is_ended: bool = False
    _duration_s: float | None = None
    _range: ByteRange | None = None

    def take(self, item: Tag | Uri) -> None:
        if self._is_ended:
            raise BadPlaylist("The playlist goes on behind its end.")
        if isinstance(item, Uri):
            self._close_segment(item.name)
        else:
            self._take_tag(item)

    def _take_tag(self, tag: Tag) -> None:
        match tag.name:
            case "#EXTINF":
                self._require_new(self._duration_s)
                self._duration_s = m3u8.extinf(tag)
            case "#EXT-X-BYTERANGE":
                self._require_new(self._range)
                self._range = ByteRange.parse(tag.value)
            case "#EXT-X-ENDLIST":
                self._is_ended = True
            case "#EXT-X-DISCONTINUITY":
                raise BadPlaylist("The playlist is not of one piece.")
            case _:
                self._take_header(tag)

    def _take_header(self, tag: Tag) -> None:
        match tag.name:
            case "#EXT-X-TARGETDURATION":
                self._require_new(self._target_s)
                self._target_s = m3u8.target_duration_s(tag)
            case "#EXT-X-PLAYLIST-TYPE":
                self._require_new(self._kind)
                self._kind = _kind(tag.value)
            case "#EXT-X-MAP":
                self._require_new(self._initial)
                self._initial = self._map(tag)
            case _:
                m3u8.ignore(tag)

    def _map(self, tag: Tag) -> ByteRange:
        values = m3u8.attributes(tag)
        if values.keys() != {"URI", "BYTERANGE"} or self._segments:
            raise BadPlaylist("The playlist does not say where the file's header lies.")
        self._names.add(m3u8.plain_name(values["URI"]))
        return ByteRange.parse(values["BYTERANGE"])

    def _close_segment(self, name: str) -> None:
        if self._duration_s is None or self._range is None:
            raise BadPlaylist("A segment lacks its duration or its byte range.")
        self._names.add(name)
        self._segments.append(Segment(self._duration_s, self._range))
        self._duration_s = self._range = None

    @staticmethod
    def _require_new(value: object) -> None:
        if value is not None:
            raise BadPlaylist("The playlist says something twice.")

    def result(self) -> MediaPlaylist:
        if self._duration_s is not None or self._range is not None:
            raise BadPlaylist("The playlist ends within a segment.")
        if self._initial is None or self._target_s is None:
            raise BadPlaylist("The playlist lacks its header.")
        if len(self._names) != 1:
            raise BadPlaylist("The playlist names more than one file.")
        if self._kind is Kind.VOD and not self._is_ended:
            raise BadPlaylist("The playlist is cut off.")
        durations_s = [segment.duration_s for segment in self._segments]
        return MediaPlaylist(
            media_name=self._names.pop(),
            target_duration_s=m3u8.least_target_s(self._target_s, durations_s),
            initial=self._initial,
            segments=tuple(self._segments),
            kind=self._kind or (Kind.VOD if self._is_ended else Kind.EVENT),
            is_ended=self._is_ended,
        )


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as error:
        raise BadPlaylist("The playlist's type is not known.") from error
