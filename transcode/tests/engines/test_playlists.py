"""Playlists that are taken, and what is written of them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcode.engines.byteranges import ByteRange
from transcode.engines.errors import BadPlaylist
from transcode.engines.playlists import Kind, MediaPlaylist, Segment, read, read_file, write
from transcode.tests.engines.hls import decode, hls
from transcode.tests.engines.test_playlists_refused import GOOD, SIZE


def test_a_playlist_is_read() -> None:
    playlist = read(GOOD.encode())

    playlist.require_fits(SIZE)
    assert playlist == MediaPlaylist(
        media_name="a-360-fragmented.mp4",
        target_duration_s=4,
        initial=ByteRange(100, 0),
        segments=(Segment(4.0, ByteRange(1000, 100)), Segment(1.5, ByteRange(200, 1100))),
        kind=Kind.VOD,
        is_ended=True,
    )
    assert playlist.duration_s == 5.5


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends_are_understood(line_end: str) -> None:
    assert read(GOOD.replace("\n", line_end)) == read(GOOD)


def test_comments_and_harmless_tags_are_left_out() -> None:
    noisy = GOOD.replace(
        "#EXTINF:1.5", "# by hand\n#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00Z\n\n#EXTINF:1.5"
    )
    assert write(read(noisy)) == write(read(GOOD))


def test_titles_of_segments_are_dropped() -> None:
    assert read(GOOD.replace("4.000000,", "4.000000,<script>")) == read(GOOD)


def test_a_target_duration_that_is_too_short_is_put_right() -> None:
    assert read(GOOD.replace("DURATION:4", "DURATION:1")).target_duration_s == 4


def test_a_target_duration_is_never_zero() -> None:
    short = (
        GOOD.replace("DURATION:4", "DURATION:0").replace("4.000000", "0.4").replace("1.5", "0.1")
    )
    assert read(short).target_duration_s == 1


def test_a_growing_playlist_need_not_reach_the_end_of_its_file() -> None:
    growing = read(GOOD.replace("VOD", "EVENT").replace("#EXT-X-ENDLIST\n", ""))

    growing.require_fits(SIZE + 1)
    assert growing == read(GOOD).as_event()
    with pytest.raises(BadPlaylist, match="past the end"):
        growing.require_fits(SIZE - 1)


def test_a_playlist_may_begin_to_grow_without_segments() -> None:
    head, _, _ = GOOD.replace("VOD", "EVENT").partition("#EXTINF")
    growing = read(head)

    growing.require_fits(100)
    assert growing.segments == ()
    assert growing.duration_s == 0


def test_a_type_that_is_not_said_follows_from_the_end() -> None:
    untyped = GOOD.replace("#EXT-X-PLAYLIST-TYPE:VOD\n", "")
    assert read(untyped).kind is Kind.VOD
    assert read(untyped.replace("#EXT-X-ENDLIST\n", "")).kind is Kind.EVENT


def test_a_written_playlist_names_only_the_new_file() -> None:
    text = write(read(GOOD), "new-360-fragmented.mp4")

    named = [line for line in text.splitlines() if not line.startswith("#")]
    assert named == ["new-360-fragmented.mp4"] * 2
    assert '#EXT-X-MAP:URI="new-360-fragmented.mp4",BYTERANGE="100@0"' in text
    assert "a-360" not in text


def test_a_name_that_is_a_path_is_never_written() -> None:
    with pytest.raises(BadPlaylist):
        write(read(GOOD), "../new.mp4")


def test_an_event_becomes_a_complete_list_with_an_end() -> None:
    event, vod = write(read(GOOD).as_event()), write(read(GOOD).as_event().as_vod())

    assert "TYPE:EVENT" in event
    assert "ENDLIST" not in event
    assert "TYPE:VOD" in vod
    assert vod.endswith("#EXT-X-ENDLIST\n")


names = st.from_regex(r"[A-Za-z0-9_-]{1,20}(\.[a-z0-9]{1,4})?", fullmatch=True)
lengths = st.integers(min_value=1, max_value=10**12)
durations = st.integers(min_value=0, max_value=10**9).map(lambda micro: round(micro / 1e6, 6))


@st.composite
def playlists(draw: st.DrawFn) -> tuple[MediaPlaylist, int]:
    """A seamless playlist, and the size of its file."""
    parts = draw(st.lists(st.tuples(durations, lengths), min_size=1, max_size=20))
    initial = ByteRange(draw(lengths), 0)
    segments, end = [], initial.end
    for duration_s, length in parts:
        segments.append(Segment(duration_s, ByteRange(length, end)))
        end += length
    is_ended = draw(st.booleans())
    playlist = MediaPlaylist(
        media_name=draw(names),
        target_duration_s=max(1, *(int(s.duration_s + 0.5) for s in segments)),
        initial=initial,
        segments=tuple(segments),
        kind=Kind.VOD if is_ended else Kind.EVENT,
        is_ended=is_ended,
    )
    return playlist, end


@given(playlists())
def test_what_is_written_is_read_back_the_same(given_: tuple[MediaPlaylist, int]) -> None:
    playlist, size = given_
    again = read(write(playlist))

    assert again == playlist
    again.require_fits(size)


@given(playlists(), st.data())
def test_any_changed_range_is_refused(
    given_: tuple[MediaPlaylist, int], data: st.DataObject
) -> None:
    playlist, size = given_
    complete = playlist.as_vod()
    at = data.draw(st.integers(0, len(complete.segments) - 1))
    old = complete.segments[at].byterange
    new = ByteRange(
        data.draw(lengths | st.just(old.length)), data.draw(lengths | st.just(old.offset))
    )
    if new == old:
        return
    segments = list(complete.segments)
    segments[at] = replace(segments[at], byterange=new)
    with pytest.raises(BadPlaylist):
        read(write(replace(complete, segments=tuple(segments)))).require_fits(size)


@given(
    st.text(alphabet='#EXT-MAPINFURBYG:="@.,\n0123456789a/', max_size=200) | st.binary(max_size=200)
)
def test_no_text_makes_the_reader_fail_otherwise_than_by_refusing(text: str | bytes) -> None:
    for data in (text, ("#EXTM3U\n" if isinstance(text, str) else b"#EXTM3U\n") + text):
        try:
            playlist = read(data)
        except BadPlaylist:
            continue
        assert read(write(playlist)) == playlist


@given(st.integers(0, len(GOOD)), st.integers(0, 6), st.text(max_size=6))
def test_any_edit_is_refused_or_leaves_plain_names(at: int, cut: int, put: str) -> None:
    try:
        playlist = read(GOOD[:at] + put + GOOD[at + cut :])
        playlist.require_fits(SIZE)
    except BadPlaylist:
        return
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", playlist.media_name)
    assert playlist.ranges[-1].end <= SIZE


@pytest.mark.parametrize("name", ["180", "0"])
def test_what_ffmpeg_writes_is_read_and_plays_under_a_new_name(name: str, tmp_path: Path) -> None:
    result = hls(name, tmp_path)
    playlist = read_file(result.playlist)
    playlist.require_fits(result.video.stat().st_size)

    new = result.video.rename(tmp_path / "new-fragmented.mp4")
    result.playlist.unlink()
    rewritten = tmp_path / "new.m3u8"
    rewritten.write_text(write(playlist, new.name))

    assert len(playlist.segments) >= 3
    assert playlist.duration_s == pytest.approx(6, abs=0.1)
    decode(rewritten)
