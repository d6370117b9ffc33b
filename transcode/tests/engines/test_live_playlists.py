from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcode.engines.errors import BadPlaylist, Refused
from transcode.engines.live_playlists import (
    LATE_CHUNKS,
    Chunk,
    LivePlaylist,
    chunk_name,
    numbers_of,
    playlist_name,
    read,
    repaired,
    visible,
    write,
)

GOOD = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXTINF:4.000000,
1-000007.ts
#EXTINF:3.500000,
1-000008.ts
"""
BAD_NAMES = [
    *("../x.ts", "a/b.ts", "/etc/passwd", "/0-000001.ts", "0-1.ts\0", "0-1\0.ts", "0-1.ts\n"),
    *("0-1.m3u8", "0-1.ts.html", "0-1.TS", "000-1.ts", "-1.ts", "0-.ts", "0-1234567890.ts", ""),
    *("0-1.ts/", ".0-1.ts", "٠-1.ts", "0--1.ts", "0-1.ts?x", "C:\\0-1.ts", "http://e/0-1.ts"),
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_what_is_no_name_of_a_chunk_is_refused(name: str) -> None:
    for look in (chunk_name, numbers_of):
        with pytest.raises(Refused) as refused:
            look(name)
        assert refused.value.code == "invalid_name"


@pytest.mark.parametrize(
    "name",
    [
        *("../0.m3u8", "a/0.m3u8", "/0.m3u8", "0.m3u8\0", "0.m3u8\n", "0.ts", "master.m3u8", ""),
        *("000.m3u8", ".m3u8", "a.m3u8", "0.m3u8.ts", "٠.m3u8", "0.M3U8"),
    ],
)
def test_what_is_no_name_of_a_playlist_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        playlist_name(name)
    assert refused.value.code == "invalid_name"


def test_names_of_the_protocol_are_taken() -> None:
    assert chunk_name("0-000001.ts") == "0-000001.ts"
    assert numbers_of("12-000345.ts") == (12, 345)
    assert playlist_name("9.m3u8") == "9.m3u8"


@pytest.mark.parametrize(
    "name",
    ["0-000007.ts", "2-000007.ts", "x.ts", "../1-000007.ts", "1.m3u8", "https://e/1-000007.ts"],
)
def test_a_playlist_of_other_files_is_refused(name: str) -> None:
    with pytest.raises(BadPlaylist):
        read(GOOD.replace("1-000007.ts", name), 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#EXTINF:4.000000,", "#EXTINF:nan,"),
        ("#EXTINF:4.000000,\n", ""),
        ("#EXT-X-TARGETDURATION:4\n", ""),
        ("SEQUENCE:7", "SEQUENCE:-1"),
        ("1-000008.ts", "1-000007.ts"),
        ("#EXTINF:3", '#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:3'),
        ("#EXTINF:3", '#EXT-X-MAP:URI="1-000001.ts"\n#EXTINF:3'),
        ("#EXTM3U\n", ""),
    ],
)
def test_a_playlist_that_lies_is_refused(old: str, new: str) -> None:
    with pytest.raises(BadPlaylist):
        read(GOOD.replace(old, new), 1)


def test_a_playlist_is_read_and_written_the_same() -> None:
    playlist = read(GOOD, 1)
    assert playlist.media_sequence == 7
    assert playlist.end_sequence == 9
    assert [chunk.name for chunk in playlist.chunks] == ["1-000007.ts", "1-000008.ts"]
    assert write(playlist) == GOOD


def test_an_ended_playlist_stays_ended() -> None:
    ended = GOOD + "#EXT-X-ENDLIST\n"
    assert write(read(ended, 1)) == ended


def listed(*numbers: int, sequence: int | None = None, jumps: tuple[int, ...] = ()) -> LivePlaylist:
    chunks = tuple(Chunk(f"0-{number:06d}.ts", 4.0, number in jumps) for number in numbers)
    first = sequence if sequence is not None else numbers[0]
    return LivePlaylist(4, first, chunks, is_ended=False)


def there(*numbers: int):
    names = {f"0-{number:06d}.ts" for number in numbers}
    return lambda name: name in names


def test_chunks_at_the_end_that_have_not_come_are_left_out() -> None:
    assert visible(listed(1, 2, 3, 4), there(1, 2)) == listed(1, 2)


def test_a_gap_is_waited_for_at_first() -> None:
    assert visible(listed(1, 2, 3, 4, 5), there(1, 2, 4, 5)) == listed(1, 2)


def test_behind_a_lost_chunk_the_list_goes_on_with_its_numbers() -> None:
    assert LATE_CHUNKS == 3
    assert visible(listed(1, 2, 3, 4, 5, 6), there(1, 2, 4, 5, 6)) == listed(4, 5, 6)


def test_a_list_whose_first_chunk_never_came_begins_behind_it() -> None:
    assert visible(listed(1, 2, 3), there(2, 3)) == listed(2, 3)


def test_a_window_never_moves_back() -> None:
    assert visible(listed(1, 2, 3), there(1, 2, 3), not_before=2) == listed(2, 3)


def test_nothing_to_see_is_an_empty_list() -> None:
    assert visible(listed(1, 2), there()).chunks == ()
    assert visible(listed(1, 2), there(1, 2), not_before=9) == listed(sequence=9)


def test_at_the_end_chunks_that_never_came_are_dropped_and_the_jump_is_marked() -> None:
    last = repaired(listed(1, 2, 3, 4, 5), there(2, 4))
    assert last == replace(listed(2, 4, sequence=1, jumps=(4,)), is_ended=True)
    text = write(last)
    assert text.endswith("#EXTINF:4.000000,\n0-000004.ts\n#EXT-X-ENDLIST\n")
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1


def test_repairing_twice_changes_nothing() -> None:
    once = repaired(listed(1, 2, 3), there(1, 3))
    assert repaired(once, there(1, 3)) == once


@given(st.integers(0, 99), st.integers(0, 12), st.sets(st.integers(0, 111)), st.integers(0, 120))
def test_what_is_visible_is_there_in_a_row_and_keeps_its_numbers(
    first: int, count: int, came: set[int], floor: int
) -> None:
    playlist = listed(*range(first, first + count), sequence=first)
    shown = visible(playlist, there(*came), not_before=floor)

    numbers = [numbers_of(chunk.name)[1] for chunk in shown.chunks]
    assert set(numbers) <= came
    assert numbers == list(range(shown.media_sequence, shown.media_sequence + len(numbers)))
    assert shown.media_sequence >= floor
    assert read(write(shown), 0) == shown
