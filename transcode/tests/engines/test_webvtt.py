import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.ffmpeg import Input, ffmpeg
from core.media.ffmpeg_rules import DEMUXERS
from transcode.engines.errors import Refused
from transcode.engines.webvtt import MAX_BYTES, clean_text, sanitise

CUE = "00:01.000 --> 00:02.000\nHello\n"


def refuse(data: str | bytes, reason: str, duration_s: float = 10) -> None:
    raw = data.encode() if isinstance(data, str) else data
    with pytest.raises(Refused, match=reason) as caught:
        sanitise(raw, duration_s=duration_s)
    assert caught.value.code == "bad_captions"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\n",
        CUE,
        "webvtt\n\n" + CUE,
        "WEBVTTX\n\n" + CUE,
        " WEBVTT\n\n" + CUE,
        "1\n00:00:01,000 --> 00:00:02,000\nSubRip\n",
        "<html>WEBVTT</html>",
    ],
)
def test_what_does_not_begin_with_webvtt_is_refused(data: str) -> None:
    refuse(data, "do not begin with WEBVTT")


@pytest.mark.parametrize(
    "data", [b"WEBVTT\n\n\xff", "WEBVTT\n\nä".encode("latin-1"), b"\xff\xfeW\0"]
)
def test_what_is_not_utf_8_is_refused(data: bytes) -> None:
    refuse(data, "not UTF-8")


def test_more_than_ten_megabytes_are_refused() -> None:
    refuse(b"WEBVTT\n\n" + b"x" * (MAX_BYTES - 7), "larger than 10 MB")


def test_cues_that_run_backwards_are_refused() -> None:
    refuse("WEBVTT\n\n00:02.000 --> 00:03.000\na\n\n00:01.999 --> 00:04.000\nb\n", "run backwards")


def test_a_cue_that_ends_before_it_begins_is_refused() -> None:
    refuse("WEBVTT\n\n00:02.000 --> 00:01.000\na\n", "run backwards")


def test_a_cue_behind_the_end_of_the_video_is_refused() -> None:
    late = "WEBVTT\n\n00:14.000 --> 00:15.001\na\n"
    refuse(late, "after the video has ended", duration_s=10)
    assert "a" in sanitise(late.encode(), duration_s=10.001)


@pytest.mark.parametrize(
    "times",
    [
        "1 --> 2",
        "-->",
        "00:01.000-->",
        "00:01 --> 00:02",
        "00:61.000 --> 00:62.000",
        "00:60:00.000 --> 00:61:00.000",
        "-00:01.000 --> 00:02.000",
        "99999:00:00.000 --> 99999:00:01.000",
        "٠٠:٠١.٠٠٠ --> 00:02.000",
        "00:01.000 --> 00:02.000align:start",
        "nan --> inf",
    ],
)
def test_times_that_cannot_be_read_are_refused(times: str) -> None:
    refuse(f"WEBVTT\n\n{times}\na\n", "cannot be read")


def test_cues_are_written_anew() -> None:
    header = "WEBVTT - a title\nX-TIMESTAMP-MAP=LOCAL:0\n"
    cue = "7\n01:00:01.000 --> 01:00:02.500\nHello\nyou\n"
    text = sanitise(f"{header}\n{cue}".encode(), duration_s=3600)
    assert text == "WEBVTT\n\n01:00:01.000 --> 01:00:02.500\nHello\nyou\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(line_end: str) -> None:
    data = f"\ufeffWEBVTT\n\n{CUE}\n{CUE}".replace("\n", line_end)
    assert sanitise(data.encode(), duration_s=5) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n\n00:00:01.000 --> 00:00:02.000\nHello\n"
    )


def test_captions_without_a_cue_are_captions() -> None:
    assert sanitise(b"WEBVTT", duration_s=5) == "WEBVTT\n"


@pytest.mark.parametrize(
    "block",
    [
        "STYLE\n::cue { background: url(https://evil.example/) }",
        "STYLE\n::cue(b) { color: red }\n-->",
        "NOTE\nsecret",
        "NOTE secret --> secret",
        "REGION\nid:a\nwidth:40%",
        "garbage of several\nlines\nwithout a time --> at all",
        "<script>alert(1)</script>",
    ],
)
def test_blocks_that_are_no_cues_are_dropped(block: str) -> None:
    data = f"WEBVTT\n\n{block}\n\n{CUE}"
    assert sanitise(data.encode(), duration_s=5) == sanitise(
        f"WEBVTT\n\n{CUE}".encode(), duration_s=5
    )


def test_cues_without_text_or_without_length_are_dropped() -> None:
    data = "WEBVTT\n\n00:01.000 --> 00:02.000\n<x>\n\n00:02.000 --> 00:02.000\na\n"
    assert sanitise(data.encode(), duration_s=5) == "WEBVTT\n"


def test_known_settings_stay_and_others_go() -> None:
    data = (
        "WEBVTT\n\n00:01.000 --> 00:02.000 align:start region:fred position:10%,line-left "
        'line:-1 size:50% vertical:rl onload:x align:"x"\na\n'
    )
    assert "02.000 align:start position:10%,line-left line:-1 size:50% vertical:rl\n" in sanitise(
        data.encode(), duration_s=5
    )


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("<b>x</b> <i>y</i> <u>z</u>", "<b>x</b> <i>y</i> <u>z</u>"),
        ("<v Fred>x</v>", "<v Fred>x</v>"),
        ("<v.loud Mary  Ann>x", "<v.loud Mary Ann>x"),
        ("<c.yellow.bg_blue>x</c>", "<c.yellow.bg_blue>x</c>"),
        ('<b onclick="alert(1)">x</b>', "<b>x</b>"),
        ("<script>alert(1)</script>x", "alert(1)x"),
        ("<SCRIPT src=//evil.example>x", "x"),
        ("<scr<b>ipt>x</scr</b>ipt>", "ipt&gt;xipt&gt;"),
        ("<<b>script>x", "script&gt;x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<ruby>x<rt>y</rt></ruby>", "xy"),
        ("<lang en>x</lang>", "x"),
        ("<00:01.500>x", "x"),
        ("x <b", "x"),
        ("a < b > c", "a  c"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("a --> b", "a --&gt; b"),
        ("a\n\n  \nb", "a\nb"),
        ("a\0\x1b[31m\x85b", "a[31mb"),
        ("<v A\nB>x", "<v A B>x"),
        ("<b\n>x", "<b>x"),
        ("</v Fred>x", "</v>x"),
        ("<c.a b.c>x", "<c.a>x"),
    ],
)
def test_only_harmless_tags_stay_in_the_text(given_: str, expected: str) -> None:
    assert clean_text(given_) == expected


markup = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "</",
            "b",
            "i",
            "v",
            "c",
            ".x",
            " ",
            "\n",
            "script",
            "&",
            ";",
            "-->",
            "\0",
            "a",
            "é",
        ]
    ),
    max_size=40,
).map("".join)
ALLOWED = re.compile(r"</?[biuvc](?:\.[\w-]+)*(?: [^<>\n]*)?>", re.ASCII)


@given(markup)
def test_whatever_is_left_with_an_angle_is_an_allowed_tag(text: str) -> None:
    cleaned = clean_text(text)
    rest = ALLOWED.sub("", cleaned)
    assert "<" not in rest
    assert ">" not in rest
    assert "\n\n" not in cleaned
    assert clean_text(cleaned) == cleaned


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000), markup), max_size=5), markup)
def test_what_was_written_is_taken_again_unchanged(
    cues: list[tuple[int, int, str]], noise: str
) -> None:
    blocks = [
        f"00:0{a // 1000}.{a % 1000:03d} --> 00:0{b // 1000}.{b % 1000:03d}\n{t}"
        for a, b, t in cues
    ]
    data = "\n\n".join(["WEBVTT", noise, *blocks]).encode()
    try:
        first = sanitise(data, duration_s=5)
    except Refused:
        return
    assert sanitise(first.encode(), duration_s=5) == first


@pytest.mark.parametrize(
    "text",
    [
        "<" * 4_000_000,
        "<b" * 2_000_000,
        "<b.a" + ".a" * 2_000_000 + ">",
        "<v " + "a " * 2_000_000,
        "00:01.000" + " " * 4_000_000 + "-->",
        "00:01.000 --> 00:02.000" + " align:start" * 400_000 + "\na",
        "a\n" * 2_000_000,
        "a\n\n" * 1_000_000,
        "STYLE\n" * 700_000,
        "&" * 4_000_000,
    ],
    ids=lambda text: text[:8],
)
def test_large_and_hostile_captions_end(text: str) -> None:
    """A cost that grew with the square of the length would outlast the test's time limit."""
    data = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n\n{text}\n".encode()
    try:
        assert len(sanitise(data, duration_s=5)) < 3 * len(data)
    except Refused:
        return


def test_a_program_reads_what_is_served(tmp_path: Path) -> None:
    path = tmp_path / "captions.vtt"
    path.write_text(sanitise(f"WEBVTT\n\n{CUE}\nNOTE x\n\n{CUE} again".encode(), duration_s=5))
    out = tmp_path / "captions.srt"
    ffmpeg([Input(path)], [out], demuxers=DEMUXERS | {"webvtt"})
    assert out.read_text().count("Hello") == 2
