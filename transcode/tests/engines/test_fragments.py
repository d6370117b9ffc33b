"""Ranges that seem right by their numbers, over a file that is cut elsewhere."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from transcode.engines.byteranges import ByteRange
from transcode.engines.errors import Refused
from transcode.engines.fragments import MAX_BOXES_OF_A_RANGE, require_whole_fragments
from transcode.engines.playlists import read_file
from transcode.tests.engines.hls import hls


def box(kind: str, length: int = 8) -> bytes:
    return struct.pack(">I4s", length, kind.encode()) + bytes(length - 8)


HEADER = box("ftyp") + box("moov", 20)
FRAGMENT = box("sidx") + box("moof", 16) + box("mdat", 100)


def check(folder: Path, header: bytes, *fragments: bytes) -> None:
    path = folder / "file.mp4"
    path.write_bytes(header + b"".join(fragments))
    ranges, end = [], len(header)
    for each in fragments:
        ranges.append(ByteRange(len(each), end))
        end += len(each)
    require_whole_fragments(path, ByteRange(len(header), 0), tuple(ranges))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (box("moov") + box("ftyp"), "not where the playlist says"),
        (box("ftyp"), "not where the playlist says"),
        (HEADER + box("moof"), "not where the playlist says"),
        (HEADER[:-1], "cuts through|damaged"),
        (b"<html><script>alert(1)</script></html>", "cuts through|damaged"),
        (b"\0\0\0\1moov" + b"\xff" * 8, "cuts through"),
        (struct.pack(">I4s", 0, b"ftyp"), "damaged"),
        (b"ftyp", "ends within"),
    ],
)
def test_a_header_that_is_none_is_refused(header: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=reason) as caught:
        check(tmp_path, header)
    assert caught.value.code == "bad_fragments"


@pytest.mark.parametrize(
    ("fragment", "reason"),
    [
        (box("mdat") + box("moof"), "does not hold a fragment"),
        (box("moof"), "does not hold a fragment"),
        (box("free", 100), "does not hold a fragment"),
        (FRAGMENT + box("moov"), "does not hold a fragment"),
        (FRAGMENT[:-1], "cuts through"),
        (FRAGMENT[1:], "cuts through|damaged"),
        (FRAGMENT + b"<script>alert(1)</script>", "cuts through|damaged"),
        (box("free") * (MAX_BOXES_OF_A_RANGE + 1), "cuts through"),
    ],
)
def test_a_range_without_a_whole_fragment_is_refused(
    fragment: bytes, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=reason):
        check(tmp_path, HEADER, FRAGMENT, fragment)


def test_boxes_with_long_lengths_are_understood(tmp_path: Path) -> None:
    check(tmp_path, HEADER, box("moof") + struct.pack(">I4sQ", 1, b"mdat", 20) + bytes(4))


@pytest.mark.parametrize("name", ["180", "180muxed", "0"])
def test_what_ffmpeg_writes_is_whole(name: str, tmp_path: Path) -> None:
    result = hls(name, tmp_path)
    playlist = read_file(result.playlist)
    require_whole_fragments(result.video, playlist.initial, playlist.ranges[1:])


@pytest.mark.parametrize("moved", [-1, 1, 4000])
def test_a_cut_that_was_moved_into_a_fragment_is_refused(moved: int, tmp_path: Path) -> None:
    result = hls("180", tmp_path)
    initial, first, second, *others = read_file(result.playlist).ranges
    shifted = (
        ByteRange(first.length + moved, first.offset),
        ByteRange(second.length - moved, second.offset + moved),
        *others,
    )
    with pytest.raises(Refused):
        require_whole_fragments(result.video, initial, shifted)


@pytest.mark.parametrize("spoil", [bytes.upper, lambda data: data[:-9] + b"\xff" * 9])
def test_damage_within_the_pictures_is_not_seen_here(
    spoil: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    """That is found by decoding (`transcode.engines.checks`)."""
    fragment = box("moof") + box("mdat", 100)
    check(tmp_path, HEADER, fragment[:20] + spoil(fragment[20:]))
