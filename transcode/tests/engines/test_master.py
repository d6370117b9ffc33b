from dataclasses import replace
from pathlib import Path

import pytest

from core.media.probe import probe
from transcode.engines.byteranges import ByteRange
from transcode.engines.codecs import codecs
from transcode.engines.errors import BadPlaylist
from transcode.engines.master import (
    Bandwidth,
    Captions,
    Rendition,
    captions_playlist,
    measure,
    write,
)
from transcode.engines.playlists import Kind, MediaPlaylist, Segment, read_file
from transcode.tests.engines.hls import decode, hls

HIGH = Rendition(
    playlist_name="h-720.m3u8",
    resolution=720,
    width=1280,
    height=720,
    fps=30,
    codecs=("avc1.64001f",),
    bandwidth=Bandwidth(1_000_000, 2_000_000),
    has_audio=False,
)
LOW = replace(
    HIGH,
    playlist_name="l-240.m3u8",
    resolution=240,
    width=426,
    height=240,
    codecs=("avc1.640015",),
    bandwidth=Bandwidth(100_000, 200_000),
)
AUDIO = Rendition(
    playlist_name="s-0.m3u8",
    resolution=0,
    width=0,
    height=0,
    fps=0,
    codecs=("mp4a.40.2",),
    bandwidth=Bandwidth(64_000, 70_000),
    has_audio=True,
)
MUXED = replace(LOW, codecs=("avc1.640015", "mp4a.40.2"), has_audio=True)


def test_a_master_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="renditions"):
        write([])


def test_two_renditions_of_audio_alone_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="audio"):
        write([HIGH, AUDIO, AUDIO])


def test_a_playlist_elsewhere_is_never_named() -> None:
    with pytest.raises(BadPlaylist):
        write([HIGH, replace(AUDIO, playlist_name="../s-0.m3u8")])
    with pytest.raises(BadPlaylist):
        write([replace(HIGH, playlist_name="https://evil.example/a.m3u8")])


def test_a_master_with_separate_audio_is_as_in_the_contract() -> None:
    assert write([LOW, AUDIO, HIGH]) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",AUTOSELECT=YES,DEFAULT=YES,'
        'URI="s-0.m3u8"\n'
        "#EXT-X-STREAM-INF:BANDWIDTH=2070000,AVERAGE-BANDWIDTH=1064000,RESOLUTION=1280x720,"
        'FRAME-RATE=30.000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"\n'
        "h-720.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=270000,AVERAGE-BANDWIDTH=164000,RESOLUTION=426x240,"
        'FRAME-RATE=30.000,CODECS="avc1.640015,mp4a.40.2",AUDIO="audio"\n'
        "l-240.m3u8\n"
    )


def test_renditions_with_their_own_audio_need_no_group() -> None:
    assert write([MUXED]) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=200000,AVERAGE-BANDWIDTH=100000,RESOLUTION=426x240,"
        'FRAME-RATE=30.000,CODECS="avc1.640015,mp4a.40.2"\n'
        "l-240.m3u8\n"
    )


def test_audio_alone_beside_renditions_with_audio_is_not_listed() -> None:
    assert write([MUXED, AUDIO]) == write([MUXED])


def test_only_the_renditions_without_audio_join_the_group() -> None:
    *_, high, _, low, _ = write([HIGH, MUXED, AUDIO]).splitlines()
    assert high.endswith('AUDIO="audio"')
    assert "AUDIO=" not in low


def test_audio_alone_is_a_variant_where_there_is_no_other() -> None:
    text = write([AUDIO])
    assert (
        '#EXT-X-STREAM-INF:BANDWIDTH=70000,AVERAGE-BANDWIDTH=64000,CODECS="mp4a.40.2"\ns-0.m3u8\n'
        in text
    )
    assert "EXT-X-MEDIA" not in text
    assert "RESOLUTION" not in text


def test_a_silent_video_has_no_group() -> None:
    text = write([HIGH, LOW])
    assert "AUDIO" not in text
    assert text.index("h-720") < text.index("l-240")


def test_captions_are_a_group_of_every_variant() -> None:
    text = write([HIGH, LOW, AUDIO], [Captions("c-en.m3u8", "en", "English")])
    assert (
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en",'
        'AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI="c-en.m3u8"\n' in text
    )
    assert text.count(',SUBTITLES="subtitles"\n') == 2


def test_a_label_cannot_break_out_of_its_line() -> None:
    text = write([HIGH], [Captions("c.m3u8", "en", 'A",URI="https://evil\r\n#EXT-X-KEY:\u2028')])
    assert 'NAME="A,URI=https://evil#EXT-X-KEY:"' in text
    assert len(text.splitlines()) == 6


def test_a_label_of_nothing_but_marks_becomes_the_language() -> None:
    assert 'NAME="en"' in write([HIGH], [Captions("c.m3u8", "en", '""')])


def playlist(*segments: tuple[float, int]) -> MediaPlaylist:
    made, end = [], 100
    for duration_s, length in segments:
        made.append(Segment(duration_s, ByteRange(length, end)))
        end += length
    return MediaPlaylist("a.mp4", 4, ByteRange(100, 0), tuple(made), Kind.VOD, is_ended=True)


def test_the_peak_is_the_most_expensive_segment() -> None:
    measured = measure(playlist((4, 4000), (2, 4001), (1, 100)), 8201, 7.0)
    assert measured == Bandwidth(average_bps=9372, peak_bps=16004)


def test_the_average_is_rounded_down_and_the_peak_up() -> None:
    assert measure(playlist((3, 1000)), 1000, 3.0) == Bandwidth(2666, 2667)


def test_the_peak_is_never_below_the_average() -> None:
    assert measure(playlist((4, 10)), 1000, 4.0) == Bandwidth(2000, 2000)


def test_segments_without_duration_have_no_rate() -> None:
    assert measure(playlist((0, 1000), (4, 1000)), 2100, 4.0).peak_bps == 4200
    assert measure(playlist((0, 1000)), 1100, 0) == Bandwidth(0, 0)


def test_an_unknown_duration_is_that_of_the_playlist() -> None:
    assert measure(playlist((4, 1000)), 1000, 0).average_bps == 2000


def test_a_list_of_captions_holds_the_whole_file() -> None:
    assert captions_playlist("c-en.vtt", 5.2) == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:5.200000,\nc-en.vtt\n#EXT-X-ENDLIST\n"
    )


def test_a_list_of_captions_names_no_path() -> None:
    with pytest.raises(BadPlaylist):
        captions_playlist("../c.vtt", 1)


def rendition(name: str, folder: Path) -> Rendition:
    result = hls(name, folder)
    info = probe(result.video)
    return Rendition(
        playlist_name=result.playlist.name,
        resolution=info.video.height if info.video else 0,
        width=info.video.width if info.video else 0,
        height=info.video.height if info.video else 0,
        fps=round(info.video.fps) if info.video else 0,
        codecs=codecs(info),
        bandwidth=measure(read_file(result.playlist), info.size_bytes, info.duration_s),
        has_audio=info.audio is not None,
    )


@pytest.mark.parametrize("names", [("360", "180", "0"), ("180muxed",), ("180",), ("0",)])
def test_a_player_decodes_the_master_to_its_end(names: tuple[str, ...], tmp_path: Path) -> None:
    master = tmp_path / "master.m3u8"
    master.write_text(write([rendition(name, tmp_path) for name in names]))
    decode(master)


def test_a_list_of_captions_plays_beside_the_video(tmp_path: Path) -> None:
    (tmp_path / "c.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    (tmp_path / "c.m3u8").write_text(captions_playlist("c.vtt", 6))
    video = rendition("180", tmp_path)
    (tmp_path / "master.m3u8").write_text(write([video], [Captions("c.m3u8", "en", "English")]))
    decode(tmp_path / "c.m3u8")
    decode(tmp_path / "master.m3u8")
