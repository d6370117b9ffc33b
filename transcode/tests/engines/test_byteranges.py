from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcode.engines.byteranges import (
    READ_BYTES,
    ByteRange,
    extract,
    read_range,
    require_seamless,
)
from transcode.engines.errors import BadPlaylist


@pytest.mark.parametrize(
    "text", ["", "1", "1@", "@1", "-1@1", "1@-1", "1@1@1", "1.0@1", "1@1\n", "a@b"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(BadPlaylist):
        ByteRange.parse(text)


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1))
def test_a_range_is_read_back_as_written(length: int, offset: int) -> None:
    assert ByteRange.parse(str(ByteRange(length, offset))) == ByteRange(length, offset)


def test_the_key_of_a_range_names_its_last_byte() -> None:
    assert ByteRange(100, 50).key == "50-149"


def test_a_range_that_the_file_does_not_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"12345")
    with path.open("rb") as file, pytest.raises(BadPlaylist, match="past the end"):
        list(read_range(file, ByteRange(5, 1)))


def test_large_ranges_come_in_bounded_blocks(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" + bytes(2 * READ_BYTES) + b"y")
    with path.open("rb") as file:
        blocks = list(read_range(file, ByteRange(2 * READ_BYTES + 1, 1)))
    assert max(map(len, blocks)) == READ_BYTES
    assert b"".join(blocks) == bytes(2 * READ_BYTES) + b"y"


def test_ranges_are_joined_in_the_order_given(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"abcdef")
    extract(source, [ByteRange(1, 0), ByteRange(2, 4)], target)
    assert target.read_bytes() == b"aef"


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9), st.integers(0, 5000))
def test_only_ranges_that_cover_the_file_exactly_pass(lengths: list[int], size: int) -> None:
    ranges, end = [], 0
    for length in lengths:
        ranges.append(ByteRange(length, end))
        end += length
    require_seamless(ranges[0], ranges[1:], end)
    if size != end:
        with pytest.raises(BadPlaylist):
            require_seamless(ranges[0], ranges[1:], size)
    if size >= end:
        require_seamless(ranges[0], ranges[1:], size, is_growing=True)
