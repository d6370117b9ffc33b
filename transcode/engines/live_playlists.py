"""Playlists of a live stream: MPEG-TS chunks beside them, in a window that moves (contract, 4.3).

A list is served only so far as its chunks are there: they arrive in parallel and a little out of
order, and some never.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from transcode.engines import m3u8
from transcode.engines.errors import BadPlaylist, Refused
from transcode.engines.m3u8 import Tag, Uri

MASTER_NAME = "master.m3u8"
HASHES_NAME = "segments-sha256.json"
# A chunk behind which this many have come is taken for lost.
LATE_CHUNKS = 3

_CHUNK_NAME = re.compile(r"(\d{1,2})-(\d{1,9})\.ts", re.ASCII)
_PLAYLIST_NAME = re.compile(r"\d{1,2}\.m3u8", re.ASCII)


def chunk_name(text: str) -> str:
    """Return the name of a chunk, `<variant>-<number>.ts`. Raises: Refused, `invalid_name`."""
    if not _CHUNK_NAME.fullmatch(text):
        raise Refused("This is not the name of a chunk.", code="invalid_name")
    return text


def playlist_name(text: str) -> str:
    """Return the name of a playlist, `<variant>.m3u8`. Raises: Refused, `invalid_name`."""
    if not _PLAYLIST_NAME.fullmatch(text):
        raise Refused("This is not the name of a playlist.", code="invalid_name")
    return text


def numbers_of(chunk: str) -> tuple[int, int]:
    """The variant that a chunk belongs to, and its number. Raises: Refused, `invalid_name`."""
    variant, _, number = chunk_name(chunk).removesuffix(".ts").partition("-")
    return int(variant), int(number)


@dataclass(frozen=True)
class Chunk:
    """One file of `duration_s`. Something is missing in front of one that `is_discontinuous`."""

    name: str
    duration_s: float
    is_discontinuous: bool = False


@dataclass(frozen=True)
class LivePlaylist:
    """The chunks of one variant that a player may fetch; the first has number `media_sequence`.

    `discontinuity_sequence` counts those that were discontinuous and are listed no more (RFC 8216,
    6.2.2).
    """

    target_duration_s: int
    media_sequence: int
    chunks: tuple[Chunk, ...]
    is_ended: bool
    discontinuity_sequence: int = 0

    @property
    def end_sequence(self) -> int:
        """The number that the next chunk will have."""
        return self.media_sequence + len(self.chunks)

    def since(self, sequence: int) -> "LivePlaylist":
        """Return the list without what lies before a number."""
        skipped = min(max(0, sequence - self.media_sequence), len(self.chunks))
        left = sum(chunk.is_discontinuous for chunk in self.chunks[:skipped])
        return replace(
            self,
            media_sequence=max(self.media_sequence, sequence),
            chunks=self.chunks[skipped:],
            discontinuity_sequence=self.discontinuity_sequence + left,
        )


def read(data: bytes | str, variant: int) -> LivePlaylist:
    """Read the playlist of a variant.

    Raises: BadPlaylist when it is malformed or names anything but chunks of this variant.
    """
    reader = _Reader(variant)
    for item in m3u8.lex(data):
        reader.take(item)
    return reader.result()


def write(playlist: LivePlaylist) -> str:
    """Give the playlist's text."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{playlist.target_duration_s}",
        f"#EXT-X-MEDIA-SEQUENCE:{playlist.media_sequence}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if playlist.discontinuity_sequence:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{playlist.discontinuity_sequence}")
    for chunk in playlist.chunks:
        lines += ["#EXT-X-DISCONTINUITY"] * chunk.is_discontinuous
        lines += [f"#EXTINF:{chunk.duration_s:.6f},", chunk.name]
    if playlist.is_ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def visible(
    playlist: LivePlaylist, is_there: Callable[[str], bool], *, not_before: int = 0
) -> LivePlaylist:
    """Return the part of a playlist that can be served: chunks in a row, all of which have come.

    A row that follows a gap waits for the chunk in the gap, until LATE_CHUNKS have come behind it;
    then the list begins there, so that chunks keep their numbers. `not_before` is the number that
    the served list begins with: a window never moves back.
    """
    rest = playlist.since(not_before)
    begin = end = 0  # of the row chosen, within `rest`
    for first, behind in _rows(rest, is_there):
        if begin == end or behind - first >= LATE_CHUNKS:
            begin, end = first, behind
    chunks = rest.chunks[begin:end]
    return replace(rest, media_sequence=rest.media_sequence + begin, chunks=chunks)


def _rows(playlist: LivePlaylist, is_there: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Where chunks in a row begin and end, between those that have not come."""
    missing = [at for at, chunk in enumerate(playlist.chunks) if not is_there(chunk.name)]
    borders = pairwise([-1, *missing, len(playlist.chunks)])
    return [(before + 1, behind) for before, behind in borders if before + 1 < behind]


def repaired(playlist: LivePlaylist, is_there: Callable[[str], bool]) -> LivePlaylist:
    """Return the last playlist of a stream: ended, without the chunks that never came."""
    kept: list[Chunk] = []
    has_gap = False
    for chunk in playlist.chunks:
        if is_there(chunk.name):
            jumps = chunk.is_discontinuous or (has_gap and bool(kept))
            kept.append(replace(chunk, is_discontinuous=jumps))
            has_gap = False
        else:
            has_gap = True
    return replace(playlist, chunks=tuple(kept), is_ended=True)


@dataclass
class _Reader:
    """What was understood so far."""

    _variant: int
    _chunks: list[Chunk] = field(default_factory=list)
    _target_s: int | None = None
    _sequence: int = 0
    _discontinuities: int = 0
    _duration_s: float | None = None
    _is_discontinuous: bool = False
    _is_ended: bool = False

    def take(self, item: Tag | Uri) -> None:
        if isinstance(item, Uri):
            self._close_chunk(item.name)
            return
        match item.name:
            case "#EXTINF":
                self._duration_s = m3u8.extinf(item)
            case "#EXT-X-TARGETDURATION":
                self._target_s = m3u8.target_duration_s(item)
            case "#EXT-X-MEDIA-SEQUENCE":
                self._sequence = m3u8.whole(item.value)
            case "#EXT-X-DISCONTINUITY-SEQUENCE":
                self._discontinuities = m3u8.whole(item.value)
            case "#EXT-X-DISCONTINUITY":
                self._is_discontinuous = True
            case "#EXT-X-ENDLIST":
                self._is_ended = True
            case _:
                m3u8.ignore(item)

    def _close_chunk(self, name: str) -> None:
        if not _CHUNK_NAME.fullmatch(name) or numbers_of(name)[0] != self._variant:
            raise BadPlaylist("The playlist names something other than chunks of its own.")
        if self._duration_s is None:
            raise BadPlaylist("A chunk lacks its duration.")
        self._chunks.append(Chunk(name, self._duration_s, self._is_discontinuous))
        self._duration_s, self._is_discontinuous = None, False

    def result(self) -> LivePlaylist:
        if self._target_s is None:
            raise BadPlaylist("The playlist lacks its header.")
        if len({chunk.name for chunk in self._chunks}) != len(self._chunks):
            raise BadPlaylist("The playlist names a chunk twice.")
        durations_s = [chunk.duration_s for chunk in self._chunks]
        return LivePlaylist(
            target_duration_s=m3u8.least_target_s(self._target_s, durations_s),
            media_sequence=self._sequence,
            chunks=tuple(self._chunks),
            is_ended=self._is_ended,
            discontinuity_sequence=self._discontinuities,
        )
