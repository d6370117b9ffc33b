"""What a runner can send instead of what was asked for, with real files."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.media.errors import NotMedia
from core.media.ffmpeg import Input, ffmpeg
from core.media.probe import MediaInfo, probe
from tests.support.clips import clip
from transcode.engines.byteranges import ByteRange
from transcode.engines.checks import (
    Expected,
    check_hls_result,
    check_storyboard,
    check_studio_video,
    check_web_video,
    needs_remux_to_video_only,
    require_duration,
    require_equal_cuts,
    require_in_step,
)
from transcode.engines.errors import BadPlaylist, Refused
from transcode.engines.playlists import Kind, MediaPlaylist, Segment, read_file
from transcode.engines.storyboard import Grid
from transcode.tests.engines.hls import hls
from transcode.tests.engines.media import audio_stream, media_info, video_stream

GOOD = Expected(resolution=180, has_audio=False, duration_s=6)


def check(
    folder: Path,
    name: str = "180",
    expected: Expected = GOOD,
    spoil: Callable[[Path], None] = lambda video: None,
    change: Callable[[MediaPlaylist], MediaPlaylist] = lambda playlist: playlist,
) -> MediaInfo:
    """Check a rendition whose file or list was changed before."""
    result = hls(name, folder)
    playlist = change(read_file(result.playlist))
    spoil(result.video)
    return check_hls_result(result.video, playlist, expected, scratch=folder)


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


@pytest.mark.parametrize("resolution", [144, 177, 183, 360])
def test_another_height_is_refused(resolution: int, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        check(tmp_path, expected=replace(GOOD, resolution=resolution))
    assert code_of(refused) == "wrong_size"


@pytest.mark.parametrize("duration_s", [3.9, 8.1, 0, float("nan")])
def test_another_duration_is_refused(duration_s: float, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        check(tmp_path, expected=replace(GOOD, duration_s=duration_s))
    assert code_of(refused) == "wrong_duration"


def test_a_playlist_that_claims_another_duration_is_refused(tmp_path: Path) -> None:
    def stretched(playlist: MediaPlaylist) -> MediaPlaylist:
        longer = [replace(each, duration_s=each.duration_s * 2) for each in playlist.segments]
        return replace(playlist, segments=tuple(longer))

    with pytest.raises(Refused) as refused:
        check(tmp_path, change=stretched)
    assert code_of(refused) == "wrong_duration"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("180", Expected(0, has_audio=False, duration_s=6)),
        ("180", Expected(180, has_audio=True, duration_s=6)),
        ("180muxed", Expected(180, has_audio=False, duration_s=6)),
        ("180muxed", Expected(0, has_audio=True, duration_s=6)),
        ("0", Expected(180, has_audio=True, duration_s=6)),
        ("0", Expected(0, has_audio=False, duration_s=6)),
    ],
)
def test_other_streams_than_expected_are_refused(
    name: str, expected: Expected, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        check(tmp_path, name, expected)
    assert code_of(refused) == "wrong_streams"


def test_a_file_longer_than_its_ranges_is_refused(tmp_path: Path) -> None:
    def lengthened(video: Path) -> None:
        with video.open("ab") as file:
            file.write(b"<script>alert(1)</script>")

    with pytest.raises(BadPlaylist, match="before the file does"):
        check(tmp_path, spoil=lengthened)


def test_a_file_shorter_than_its_ranges_is_refused(tmp_path: Path) -> None:
    def shortened(video: Path) -> None:
        with video.open("r+b") as file:
            file.truncate(video.stat().st_size - 1)

    with pytest.raises(BadPlaylist, match="past the end"):
        check(tmp_path, spoil=shortened)


def test_ranges_that_cut_elsewhere_are_refused(tmp_path: Path) -> None:
    def shifted(playlist: MediaPlaylist) -> MediaPlaylist:
        first, second, *others = playlist.segments
        a, b = first.byterange, second.byterange
        moved = [
            Segment(first.duration_s, ByteRange(a.length + 7, a.offset)),
            Segment(second.duration_s, ByteRange(b.length - 7, b.offset + 7)),
        ]
        return replace(playlist, segments=(*moved, *others))

    with pytest.raises(Refused) as refused:
        check(tmp_path, change=shifted)
    assert code_of(refused) == "bad_fragments"


def test_a_page_that_calls_itself_a_video_is_refused(tmp_path: Path) -> None:
    def replaced(video: Path) -> None:
        page = b"<html><script>alert(1)</script>"
        video.write_bytes(page.ljust(video.stat().st_size))

    with pytest.raises(Refused) as refused:
        check(tmp_path, spoil=replaced)
    assert code_of(refused) == "bad_fragments"


def _zero(at: int, length: int) -> Callable[[Path], None]:
    """Blank bytes of a file; a negative offset counts from its end."""

    def spoil(video: Path) -> None:
        data = bytearray(video.read_bytes())
        begin = at % len(data)
        data[begin : begin + length] = bytes(length)
        video.write_bytes(data)

    return spoil


@pytest.mark.parametrize("at", [5000, -6000], ids=["first segment", "last segment"])
def test_damaged_pictures_at_either_end_are_refused(at: int, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        check(tmp_path, spoil=_zero(at, 3000))
    assert code_of(refused) == "undecodable"


def test_the_pieces_that_were_decoded_do_not_stay(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    result = hls("180", tmp_path)
    playlist = read_file(result.playlist)
    check_hls_result(result.video, playlist, GOOD, scratch=scratch)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("180", GOOD),
        ("180", replace(GOOD, resolution=182, duration_s=7.9)),
        ("180", replace(GOOD, resolution=178, duration_s=4.1)),
        ("360", Expected(360, has_audio=False, duration_s=6)),
        ("180muxed", Expected(180, has_audio=True, duration_s=6)),
        ("0", Expected(0, has_audio=True, duration_s=6)),
    ],
)
def test_what_was_asked_for_is_taken(name: str, expected: Expected, tmp_path: Path) -> None:
    info = check(tmp_path, name, expected)
    assert (info.video is not None) == (expected.resolution != 0)
    assert info.duration_s == pytest.approx(6, abs=0.2)


def test_two_percent_of_a_long_video_may_be_missing() -> None:
    require_duration(980.1, Expected(720, has_audio=True, duration_s=1000))
    with pytest.raises(Refused):
        require_duration(979.9, Expected(720, has_audio=True, duration_s=1000))


WEB = Expected(resolution=360, has_audio=True, duration_s=2)


def test_a_web_video_with_its_index_at_the_end_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        check_web_video(clip("slow_start"), WEB)
    assert code_of(refused) == "not_fast_start"


@pytest.mark.parametrize("name", ["webm", "mkv", "mpegts", "mp3", "picture"])
def test_a_file_of_another_kind_is_refused(name: str, tmp_path: Path) -> None:
    renamed = shutil.copy(clip(name), tmp_path / "video.mp4")
    with pytest.raises((Refused, NotMedia)):
        check_web_video(Path(renamed), WEB)
    with pytest.raises((Refused, NotMedia)):
        check_studio_video(Path(renamed), WEB)


@pytest.mark.parametrize(
    "text",
    ["#EXTM3U\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile '{}'\n", "", "text"],
)
def test_a_playlist_that_calls_itself_a_video_is_not_followed(text: str, tmp_path: Path) -> None:
    shutil.copy(clip("landscape"), tmp_path / "beside.mp4")
    video = tmp_path / "video.mp4"
    video.write_text(text.format("beside.mp4"))
    with pytest.raises(NotMedia):
        check_studio_video(video, WEB)


def test_a_picture_and_a_sound_that_begin_apart_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        check_studio_video(clip("late_audio"), replace(WEB, duration_s=2.5))
    assert code_of(refused) == "not_in_step"


def test_two_files_that_begin_apart_are_refused() -> None:
    picture = media_info(video=video_stream(start_s=0.5), audio=None)
    late = media_info(video=None, audio=audio_stream(start_s=0.601))
    with pytest.raises(Refused) as refused:
        require_in_step(picture, late)
    assert code_of(refused) == "not_in_step"
    require_in_step(picture, media_info(video=None, audio=audio_stream(start_s=0.599)))
    require_in_step(picture, picture)


def test_a_codec_that_players_do_not_know_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "old.mp4"
    ffmpeg(
        [Input(clip("landscape"))],
        ["-c:v", "mpeg4", "-c:a", "copy", "-movflags", "+faststart", old],
    )
    with pytest.raises(Refused) as refused:
        check_web_video(old, WEB)
    assert code_of(refused) == "unsupported_codec"


@pytest.mark.parametrize("at", [0.1, 0.9], ids=["beginning", "end"])
def test_a_damaged_web_video_is_refused(at: float, tmp_path: Path) -> None:
    video = Path(shutil.copy(clip("landscape"), tmp_path / "video.mp4"))
    data = bytearray(video.read_bytes())
    begin = int(len(data) * at)
    data[begin : begin + 4000] = bytes(4000)
    video.write_bytes(data)
    with pytest.raises((Refused, NotMedia)):
        check_web_video(video, WEB)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("landscape", WEB),
        ("portrait", WEB),
        ("rotated", WEB),
        ("silent", replace(WEB, has_audio=False)),
    ],
)
def test_a_good_web_video_is_taken(name: str, expected: Expected) -> None:
    info = check_web_video(clip(name), expected)
    assert min(info.video.width, info.video.height) == 360


def test_an_audio_merge_may_outlast_its_sound() -> None:
    merged = replace(WEB, duration_s=0.1, slack_s=5)
    assert check_web_video(clip("landscape"), merged).duration_s == pytest.approx(2, abs=0.1)


def test_an_edited_video_may_have_any_size_and_its_index_anywhere() -> None:
    check_studio_video(clip("slow_start"), Expected(None, has_audio=None, duration_s=2))
    check_studio_video(clip("film"), Expected(None, has_audio=True, duration_s=2))


def test_an_edited_video_without_a_picture_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        check_studio_video(clip("audio_only"), Expected(None, has_audio=True, duration_s=2))
    assert code_of(refused) == "wrong_streams"


def test_only_a_muxed_result_that_was_to_be_apart_needs_a_remux() -> None:
    muxed, picture = media_info(), media_info(audio=None)
    assert needs_remux_to_video_only(muxed, separated_audio=True)
    assert not needs_remux_to_video_only(muxed, separated_audio=False)
    assert not needs_remux_to_video_only(picture, separated_audio=True)
    assert not needs_remux_to_video_only(media_info(video=None), separated_audio=True)


@pytest.mark.parametrize("changed", [[2, 2, 1.9], [2, 2], [2, 2, 2, 2], [2, 2.05, 2], []])
def test_renditions_cut_at_other_times_are_refused(changed: list[float]) -> None:
    with pytest.raises(Refused) as refused:
        require_equal_cuts([_cut(2, 2, 2), _cut(*changed)], slowest_fps=30)
    assert code_of(refused) == "unequal_cuts"


def test_a_frame_more_or_less_is_no_other_time() -> None:
    require_equal_cuts([_cut(2, 2, 2), _cut(2, 1.966667, 2.033333)], slowest_fps=30)
    require_equal_cuts([_cut(2, 2, 2)], slowest_fps=30)
    require_equal_cuts([], slowest_fps=30)


def test_real_renditions_of_one_ladder_are_cut_alike(tmp_path: Path) -> None:
    lists = [read_file(hls(name, tmp_path).playlist) for name in ("360", "180")]
    require_equal_cuts(lists, slowest_fps=30)


def test_separate_sound_begins_with_its_picture(tmp_path: Path) -> None:
    require_in_step(probe(hls("360", tmp_path).video), probe(hls("0", tmp_path).video))


def _cut(*durations_s: float) -> MediaPlaylist:
    """A playlist of which only the durations matter."""
    segments = tuple(Segment(each, ByteRange(1, at)) for at, each in enumerate(durations_s))
    return MediaPlaylist("a.mp4", 4, ByteRange(1, 0), segments, Kind.VOD, is_ended=True)


GRID = Grid(columns=3, rows=2, sprite_width=32, sprite_height=18, sprite_duration_s=1)


def picture(folder: Path, size: tuple[int, int], kind: str = "JPEG") -> Path:
    path = folder / "storyboard.jpg"
    Image.effect_noise(size, 50).convert("RGB").save(path, kind)
    return path


@pytest.mark.parametrize("size", [(98, 36), (96, 34), (36, 96), (1, 1), (9600, 3600)])
def test_a_storyboard_of_another_size_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="another size") as refused:
        check_storyboard(picture(tmp_path, size), GRID)
    assert code_of(refused) == "bad_storyboard"


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "TIFF"])
def test_a_storyboard_that_is_no_jpeg_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no readable JPEG"):
        check_storyboard(picture(tmp_path, (96, 36), kind), GRID)


@pytest.mark.parametrize(
    "data", [b"", b"<svg onload='alert(1)'/>", b"\xff\xd8\xff\xe0", b"\xff\xd8"]
)
def test_a_storyboard_that_is_no_picture_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "storyboard.jpg"
    path.write_bytes(data)
    with pytest.raises(Refused, match="no readable JPEG"):
        check_storyboard(path, GRID)


def test_a_storyboard_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = picture(tmp_path, (96, 36))
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(Refused, match="no readable JPEG"):
        check_storyboard(path, GRID)


@pytest.mark.parametrize("size", [(96, 36), (97, 35), (95, 37)])
def test_a_storyboard_of_the_size_is_taken(size: tuple[int, int], tmp_path: Path) -> None:
    check_storyboard(picture(tmp_path, size), GRID)
