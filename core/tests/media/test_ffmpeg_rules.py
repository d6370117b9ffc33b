"""Arguments that would open something else are refused; paths are kept out of what is said."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.ffmpeg_rules import (
    DEMUXERS,
    PROTOCOLS,
    address_scheme,
    require_safe,
    without_folders,
)

# An option with what follows it: a title that names a filter would be one behind `-vf`.
harmless = st.lists(
    st.sampled_from(
        [
            *(("-c:v", "libx264"), ("-b:v", "800k"), ("-map", "0:v:0"), ("-crf",), ("-an",)),
            *(("-vf", "scale=640:-2"), ("-force_key_frames", "expr:gte(t,n_forced*2)")),
            *(("-var_stream_map", "v:0,agroup:a"), ("-metadata", "title=http://example.org/")),
            *(("-itsoffset", "-1"), ("-init_hw_device",), ("file:/a",), ("-ignore_unknown",)),
            ("-filter_complex", "[0:v]split=2[a][b];[a]scale=1:2[c]"),
            *(("-metadata", "title=My movie=best"), ("pipe:1",), ("-",), ("out.mp4",)),
            ("-f", "hls"),
        ]
    ),
    max_size=4,
).map(lambda groups: [word for group in groups for word in group])
OPENERS = ["i", "protocol_whitelist", "protocol_blacklist", "format_whitelist", "max_streams"]
WRITTEN = ["-{}", "-{}:v", "-{}:0", "-/{}"]
SCHEMES = ["http", "HTTPS", "rtmp", "tcp", "udp", "srt", "ftp", "gopher", "unix", "crypto", "tls"]


@given(harmless, harmless)
def test_what_jobs_say_to_ffmpeg_is_allowed(before: list[str], after: list[str]) -> None:
    require_safe([*before, *after], PROTOCOLS, of_output=True)


@given(harmless, st.sampled_from(OPENERS), st.sampled_from(WRITTEN), harmless, st.booleans())
def test_an_option_that_undoes_the_rules_is_refused_wherever_it_stands(
    before: list[str], option: str, written: str, after: list[str], of_output: bool
) -> None:
    with pytest.raises(ValueError, match="may not be"):
        require_safe([*before, written.format(option), *after], PROTOCOLS, of_output=of_output)


@given(
    harmless,
    st.sampled_from(SCHEMES) | st.text(string.ascii_lowercase, min_size=1, max_size=8),
    st.text(max_size=20),
    harmless,
)
def test_an_address_of_another_protocol_is_refused_wherever_it_stands(
    before: list[str], scheme: str, rest: str, after: list[str]
) -> None:
    if scheme in PROTOCOLS:
        return
    with pytest.raises(ValueError, match="may not be used"):
        require_safe([*before, f"{scheme}://{rest}", *after], PROTOCOLS, of_output=True)


@pytest.mark.parametrize(
    "address",
    [
        *("tcp:127.0.0.1:80", "http:host/x", "concat:a.ts|b.ts", "data:video/mp4;base64,AA"),
        *("subfile,,start,0,end,9,,:/etc/passwd", "crypto+http://x", "crypto:/a", "cache:http://x"),
        *("hls+http://x/a.m3u8", "unix:/run/a.sock", "fd:", "async:/a", "md5:x", "RTMP://x"),
    ],
)
def test_protocols_that_wrap_others_or_leave_the_slashes_out_are_seen(address: str) -> None:
    with pytest.raises(ValueError, match="an address with"):
        require_safe([address], PROTOCOLS, of_output=True)


def test_a_protocol_that_is_asked_for_is_allowed() -> None:
    require_safe(["rtmp://127.0.0.1/live"], PROTOCOLS | {"rtmp"}, of_output=True)


@pytest.mark.parametrize(
    "words",
    [
        ["-f", "tee", "[f=mpegts]udp://10.0.0.1:9"],
        ["-vf", "movie=/etc/passwd[a];[in][a]overlay"],
        ["-filter_complex", "[0:v]null[a]; amovie=secret.wav[b]"],
        ["-filter:v:0", "movie@x=secret.mp4"],
        ["-filter_complex_script", "graph.txt"],
        ["-filter_script:v", "graph.txt"],
    ],
)
def test_ways_to_open_a_file_inside_an_argument_are_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match="may not be"):
        require_safe(words, PROTOCOLS, of_output=True)


def test_the_format_of_an_input_is_not_for_its_options() -> None:
    with pytest.raises(ValueError, match="-f may not be given"):
        require_safe(["-f", "lavfi"], PROTOCOLS, of_output=False)


@pytest.mark.parametrize(
    "word", ["", "-", "0:v", "a.mp4", "scale=2:2", "/a:b", "-http:", "color=c"]
)
def test_a_word_that_is_no_address_has_no_scheme(word: str) -> None:
    assert address_scheme(word) == ""


def test_no_demuxer_that_opens_other_files_is_listed() -> None:
    openers = {"hls", "dash", "concat", "image2", "sdp", "rtsp", "rtp", "lavfi", "imf", "tty"}
    assert not DEMUXERS & (openers | {"webm_dash_manifest", "image2pipe", "applehttp", "data"})


@given(
    st.lists(st.text(string.ascii_letters + " '\"é:%", min_size=1, max_size=9), min_size=1),
    st.text(string.ascii_letters + ".", min_size=1, max_size=9),
)
def test_of_a_path_only_the_name_of_the_file_is_left(parts: list[str], name: str) -> None:
    folder = "/" + "/".join(parts)
    said = f"[out#0 @ 0x55] Error opening file:{folder}/{name}: No such file"
    assert without_folders(said, [folder]) == f"[out#0] Error opening {name}: No such file"


def test_where_things_lie_in_memory_is_left_out() -> None:
    said = "[mov,mp4,m4a @ 0x55D0c1a2b3c0] moov atom not found, mail me @ home, 0x10 is sixteen"
    cleaned = "[mov,mp4,m4a] moov atom not found, mail me @ home, 0x10 is sixteen"
    assert without_folders(said) == cleaned


def test_folders_that_nobody_named_are_left_out_too() -> None:
    said = "cannot open '/usr/share/fonts/a.ttf', tried /var/lib/b.conf: at 30/1 fps, 1/15360, N/A"
    assert without_folders(said) == "cannot open 'a.ttf', tried b.conf: at 30/1 fps, 1/15360, N/A"
