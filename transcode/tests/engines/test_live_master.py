import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcode.engines.errors import BadPlaylist
from transcode.engines.live_master import read, write

# As ffmpeg writes it for a runner.
GOOD = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="group_audio",NAME="audio_2",DEFAULT=YES,CHANNELS="2",URI="2.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1500000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="group_audio"
0.m3u8

#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=426x240,CODECS="avc1.640015,mp4a.40.2",AUDIO="group_audio"
1.m3u8
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.m3u8", "../0.m3u8"),
        ("0.m3u8", "https://evil.example/0.m3u8"),
        ("0.m3u8", "master.m3u8"),
        ("0.m3u8", "1.m3u8"),
        ("0.m3u8", "0-000001.ts"),
        ('URI="2.m3u8"', 'URI="https://evil.example/2.m3u8"'),
        (',URI="2.m3u8"', ""),
        ("TYPE=AUDIO", "TYPE=VIDEO"),
        ("TYPE=AUDIO", "TYPE=SUBTITLES"),
        ("BANDWIDTH=1500000", "BANDWIDTH=-1"),
        ("BANDWIDTH=1500000,", ""),
        ("1280x720", "1280"),
        ("avc1.64001f,mp4a", "avc1 <script>,mp4a"),
        ("#EXT-X-STREAM-INF:BANDWIDTH=15", "#EXT-X-SESSION-KEY:METHOD=NONE\n#EXT-X-STREAM-INF:X="),
        ("0.m3u8\n", ""),
        ("#EXT-X-MEDIA", "#"),
        ("#EXTM3U\n", '#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="9.m3u8"\n'),
    ],
)
def test_a_master_that_lies_is_refused(old: str, new: str) -> None:
    changed = GOOD.replace(old, new)
    assert changed != GOOD
    with pytest.raises(BadPlaylist):
        read(changed)


def test_a_second_group_is_refused() -> None:
    media = GOOD.splitlines()[2]
    with pytest.raises(BadPlaylist, match="groups"):
        read(GOOD.replace(media, f"{media}\n{media}"))


def test_a_master_of_nothing_is_refused() -> None:
    with pytest.raises(BadPlaylist):
        read("#EXTM3U\n")


def test_endless_variants_are_refused() -> None:
    variants = "".join(f"#EXT-X-STREAM-INF:BANDWIDTH=1\n{n}.m3u8\n" for n in range(50))
    with pytest.raises(BadPlaylist):
        read("#EXTM3U\n" + variants)


def test_a_master_is_written_anew() -> None:
    master = read(GOOD)
    assert master.names == {"0.m3u8", "1.m3u8", "2.m3u8"}
    assert write(master) == (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",AUTOSELECT=YES,DEFAULT=YES,'
        'URI="2.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=1500000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",'
        'AUDIO="audio"\n0.m3u8\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=426x240,CODECS="avc1.640015,mp4a.40.2",'
        'AUDIO="audio"\n1.m3u8\n'
    )
    assert read(write(master)) == master


def test_a_master_without_sound_names_no_group() -> None:
    silent = "\n".join(GOOD.replace(',AUDIO="group_audio"', "").splitlines()[3:])
    text = write(read("#EXTM3U\n" + silent))
    assert "AUDIO" not in text
    assert read(text).names == {"0.m3u8", "1.m3u8"}


@given(st.integers(0, len(GOOD)), st.integers(0, 8), st.text(max_size=8))
def test_any_edit_is_refused_or_names_only_playlists(at: int, cut: int, put: str) -> None:
    try:
        master = read(GOOD[:at] + put + GOOD[at + cut :])
    except BadPlaylist:
        return
    assert all(name.removesuffix(".m3u8").isdecimal() for name in master.names)
    assert read(write(master)) == master
