"""Every lie that a runner can tell in the playlist of a rendition."""

import pytest

from transcode.engines import m3u8
from transcode.engines.errors import BadPlaylist
from transcode.engines.playlists import read, read_file

GOOD = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="a-360-fragmented.mp4",BYTERANGE="100@0"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:1000@100
a-360-fragmented.mp4
#EXTINF:1.500000,
#EXT-X-BYTERANGE:200@1100
a-360-fragmented.mp4
#EXT-X-ENDLIST
"""
SIZE = 1300


def refuse(old: str, new: str, reason: str, count: int = -1) -> None:
    changed = GOOD.replace(old, new, count)
    assert changed != GOOD
    with pytest.raises(BadPlaylist, match=reason) as caught:
        read(changed).require_fits(SIZE)
    assert caught.value.code == "bad_playlist"


FOREIGN_NAMES = [
    "https://evil.example/a.mp4",
    "http:a.mp4",
    "file:///etc/passwd",
    "data:video/mp4;base64,AAAA",
    "//evil.example/a.mp4",
    "/etc/passwd",
    "folder/a.mp4",
    "folder\\a.mp4",
    "../a.mp4",
    "..",
    ".",
    "a..mp4",
    ".hidden",
    "a.mp4?token=1",
    "a.mp4#t=1",
    "%2e%2e%2fa.mp4",
    "{$base}",
    "a b.mp4",
    "ä.mp4",
    "a" * 201,
]


@pytest.mark.parametrize("name", FOREIGN_NAMES)
def test_a_media_line_that_is_no_plain_name_is_refused(name: str) -> None:
    refuse("a-360-fragmented.mp4\n", f"{name}\n", "other than a file beside it")


@pytest.mark.parametrize("name", FOREIGN_NAMES)
def test_a_map_that_is_no_plain_name_is_refused(name: str) -> None:
    refuse('URI="a-360-fragmented.mp4"', f'URI="{name}"', "other than a file beside it")


def test_a_map_of_another_file_is_refused() -> None:
    refuse('URI="a-360-fragmented.mp4"', 'URI="b.mp4"', "more than one file")


def test_a_second_media_name_is_refused() -> None:
    refuse("@1100\na-360-fragmented.mp4", "@1100\nb.mp4", "more than one file")


@pytest.mark.parametrize(
    "tag",
    [
        '#EXT-X-KEY:METHOD=AES-128,URI="key.bin"',
        "#EXT-X-KEY:METHOD=NONE",
        '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="key.bin"',
        '#EXT-X-SESSION-DATA:DATA-ID="a",VALUE="b"',
        '#EXT-X-DEFINE:NAME="base",VALUE="x"',
        "#EXT-X-GAP",
        "#EXT-X-I-FRAMES-ONLY",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=2",
        "#EXT-X-STREAM-INF:BANDWIDTH=1",
    ],
)
def test_a_tag_that_changes_what_is_played_is_refused(tag: str) -> None:
    refuse("#EXTINF", f"{tag}\n#EXTINF", "keys, session data, variables or gaps", 1)


@pytest.mark.parametrize(
    "tag",
    [
        '#EXT-X-PART:DURATION=1,URI="b.mp4"',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="b.mp4"',
        '#EXT-X-RENDITION-REPORT:URI="../b.m3u8"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="b.m3u8"',
        '#EXT-X-NEVER-HEARD-OF:uri="b.mp4"',
        '#EXT-X-DATERANGE:ID="a",X-ASSET="https://evil.example/a.m3u8"',
        '#EXT-X-OTHER:A="{$b}"',
    ],
)
def test_a_tag_that_names_an_address_is_refused(tag: str) -> None:
    refuse("#EXTINF", f"{tag}\n#EXTINF", "names an address", 1)


@pytest.mark.parametrize(
    "duration", ["nan", "inf", "-1", "-0.5", "+4", "1e3", "", "0x4", "4.", "٤", " 4"]
)
def test_a_duration_that_is_no_plain_number_is_refused(duration: str) -> None:
    refuse("EXTINF:4.000000,", f"EXTINF:{duration},", "duration that is not one")


@pytest.mark.parametrize(
    "text", ["1000", "-1000@100", "1000@-100", "1000@", "@100", "1e3@100", "9" * 16 + "@100", "٤@1"]
)
def test_a_range_that_is_none_is_refused(text: str) -> None:
    refuse("1000@100", text, "byte range that is not one")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1000@100", "1000@101"),
        ("1000@100", "1000@99"),
        ("1000@100", "999@100"),
        ("200@1100", "200@1000"),
        ("200@1100", "200@0"),
        ("200@1100", "0@1100"),
        ("100@0", "99@1"),
        ("100@0", "0@0"),
    ],
)
def test_ranges_with_a_gap_or_an_overlap_are_refused(old: str, new: str) -> None:
    refuse(old, new, "without gaps")


def test_a_range_past_the_end_of_the_file_is_refused() -> None:
    refuse("200@1100", "201@1100", "past the end")


def test_ranges_that_leave_out_the_end_of_the_file_are_refused() -> None:
    refuse("200@1100", "199@1100", "before the file does")


@pytest.mark.parametrize("target", ["-1", "nan", "4.5", "3601", "9" * 20])
def test_a_target_duration_out_of_range_is_refused(target: str) -> None:
    refuse("TARGETDURATION:4", f"TARGETDURATION:{target}", "target duration|number that is not one")


@pytest.mark.parametrize(
    "value",
    [
        'URI="a.mp4"',
        'BYTERANGE="100@0"',
        'URI="a.mp4",BYTERANGE="100@0",X="1"',
    ],
)
def test_a_map_without_name_and_range_is_refused(value: str) -> None:
    refuse(
        'MAP:URI="a-360-fragmented.mp4",BYTERANGE="100@0"',
        f"MAP:{value}",
        "where the file's header lies",
    )


@pytest.mark.parametrize(
    "value", ['URI="a.mp4",URI="b.mp4"', 'URI="a.mp4', "URI", 'URI="a.mp4";X="1"', "=1", ",,"]
)
def test_a_malformed_list_of_attributes_is_refused(value: str) -> None:
    refuse('MAP:URI="a-360-fragmented.mp4",BYTERANGE="100@0"', f"MAP:{value}", "list of attributes")


def test_a_second_map_is_refused() -> None:
    refuse("#EXTINF:1.5", '#EXT-X-MAP:URI="a.mp4",BYTERANGE="1@0"\n#EXTINF:1.5', "twice")


@pytest.mark.parametrize(
    "line", ["#EXTINF:4.000000,", "#EXT-X-BYTERANGE:1000@100", "#EXT-X-TARGETDURATION:4"]
)
def test_a_line_that_is_said_twice_is_refused(line: str) -> None:
    refuse(line, f"{line}\n{line}", "twice")


@pytest.mark.parametrize("line", ["#EXTINF:4.000000,\n", "#EXT-X-BYTERANGE:1000@100\n"])
def test_a_segment_that_lacks_a_line_is_refused(line: str) -> None:
    refuse(line, "", "lacks its duration or its byte range")


def test_a_playlist_cut_off_within_a_segment_is_refused() -> None:
    with pytest.raises(BadPlaylist, match="ends within a segment"):
        read(GOOD.partition("a-360-fragmented.mp4\n#EXTINF:1.5")[0])


def test_a_complete_playlist_without_its_end_is_refused() -> None:
    refuse("#EXT-X-ENDLIST\n", "", "cut off")


def test_lines_behind_the_end_are_refused() -> None:
    with pytest.raises(BadPlaylist, match="behind its end"):
        read(GOOD + "a-360-fragmented.mp4\n")


def test_a_playlist_without_segments_is_refused() -> None:
    head, _, _ = GOOD.partition("#EXTINF")
    with pytest.raises(BadPlaylist, match="no segments"):
        read(head + "#EXT-X-ENDLIST\n").require_fits(100)


@pytest.mark.parametrize("missing", ["#EXT-X-TARGETDURATION:4\n", "#EXT-X-MAP"])
def test_a_playlist_without_its_header_is_refused(missing: str) -> None:
    refuse(missing, "#", "lacks its header")


def test_a_playlist_of_several_pieces_is_refused() -> None:
    refuse("#EXTINF:1.5", "#EXT-X-DISCONTINUITY\n#EXTINF:1.5", "of one piece")


def test_an_unknown_type_is_refused() -> None:
    refuse("TYPE:VOD", "TYPE:LIVE", "type is not known")


@pytest.mark.parametrize(
    "data", [b"", b"\n#EXTM3U\n", b"{}", b"#EXTM3U8\n", b"\xef\xbb\xbf#EXTM3U"]
)
def test_what_does_not_begin_as_a_playlist_is_refused(data: bytes) -> None:
    with pytest.raises(BadPlaylist, match="begin with #EXTM3U"):
        read(data)


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(BadPlaylist, match="not UTF-8"):
        read(b"#EXTM3U\n# \xff\n")


@pytest.mark.parametrize("char", ["\0", "\t", "\x1b", "\x85", "\u2028", "\x0b"])
def test_control_characters_are_refused(char: str) -> None:
    refuse("#EXTINF:1.5", f"# {char}\n#EXTINF:1.5", "control characters")


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(BadPlaylist, match="too many lines"):
        read("#EXTM3U\n" + "\n" * m3u8.MAX_LINES)


def test_too_long_a_file_is_refused_and_not_read_whole(tmp_path) -> None:
    path = tmp_path / "long.m3u8"
    with path.open("wb") as file:
        file.write(b"#EXTM3U\n#")
        file.truncate(40 * 1024**3)  # sparse: it would not fit into memory
    with pytest.raises(BadPlaylist, match="too long"):
        read_file(path)
