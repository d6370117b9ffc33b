"""Single results: a rendition, a web video, a sound, a picture."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from core.media import process
from core.media.probe import probe
from tests.support.clips import clip
from transcode.engines import commands
from transcode.engines.ladder_command import Rung, ladder
from transcode.engines.storyboard import Grid, grid_of
from transcode.local.sources import without_sound
from transcode.tests.engines.making import Playlist, colour_at, decode, made, make, source_of


def boxes(path: Path) -> list[bytes]:
    """The names of an MP4's outermost boxes."""
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def test_what_has_no_sound_gives_none(tmp_path: Path) -> None:
    silent = source_of("silent")
    with pytest.raises(ValueError, match="no sound"):
        commands.hls_audio(silent, "a-0", tmp_path)
    with pytest.raises(ValueError, match="no sound"):
        commands.audio_merge(
            silent.path, silent.info, clip("picture"), (64, 64), tmp_path / "a.mp4", fps=25
        )


def test_what_has_no_video_gives_no_rendition(tmp_path: Path) -> None:
    sound = source_of("cover")
    with pytest.raises(ValueError, match="no video"):
        ladder(sound, [Rung("a", 240, 30)], tmp_path)
    with pytest.raises(ValueError, match="no video"):
        commands.web_video(sound, Rung("a", 240, 30), tmp_path / "a.mp4")
    with pytest.raises(ValueError, match="no video"):
        commands.picture_at(sound, 0.0, (280, 157), tmp_path / "a.png")


@pytest.mark.parametrize("is_separated", [True, False])
def test_one_rendition_is_written_whole(is_separated: bool, tmp_path: Path) -> None:
    source, rung = source_of("landscape"), Rung("one-240", 240, 30)
    seen = without_sound(source) if is_separated else source
    make(ladder(seen, [rung], tmp_path, is_growing=False))
    playlist = Playlist.read(tmp_path, "one-240")
    info = probe(tmp_path / "one-240-fragmented.mp4")

    assert "#EXT-X-PLAYLIST-TYPE:VOD" in playlist.text
    assert playlist.ranges[-1][1] == (tmp_path / "one-240-fragmented.mp4").stat().st_size
    assert (info.audio is None) is is_separated
    assert info.video is not None
    assert info.video.height == 240


@pytest.mark.parametrize("fps", [1, 10, 23, 24, 30])
def test_picture_and_sound_made_apart_start_together(fps: int, tmp_path: Path) -> None:
    source = source_of("landscape")
    rung = Rung("v", 144, fps)
    make(ladder(without_sound(source), [rung], tmp_path, is_growing=False))
    make(commands.hls_audio(source, "a", tmp_path))
    video, audio = (probe(tmp_path / f"{name}-fragmented.mp4") for name in ("v", "a"))
    assert video.video is not None
    assert audio.audio is not None
    assert abs(video.video.start_s - audio.audio.start_s) <= 0.1


@pytest.mark.parametrize("name", ["audio_only", "cover", "mpegts", "webm", "wav"])
def test_any_sound_becomes_an_audio_rendition(name: str, tmp_path: Path) -> None:
    make(commands.hls_audio(source_of(name), "a-0", tmp_path))
    info = probe(tmp_path / "a-0-fragmented.mp4")
    assert info.video is None
    assert info.audio is not None
    assert info.audio.codec == "aac"
    assert info.duration_s == pytest.approx(2, abs=0.1)
    assert decode(tmp_path / "a-0.m3u8") == []


@pytest.mark.parametrize("name", ["landscape", "mpegts", "mkv", "silent"])
def test_a_remux_keeps_every_picture_as_it_is(name: str, tmp_path: Path) -> None:
    source = source_of(name)
    make(commands.hls_remux(source, "r-360", tmp_path, audio_name="r-0"))
    info = probe(tmp_path / "r-360-fragmented.mp4")

    assert info.video is not None
    assert info.video.profile == source.video.profile
    assert checksums(source.path) == checksums(tmp_path / "r-360-fragmented.mp4")
    assert (tmp_path / "r-0.m3u8").exists() is (source.audio is not None)
    assert decode(tmp_path / "r-360.m3u8") == []


def checksums(path: Path) -> list[str]:
    """One for each decoded picture, in order."""
    words = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", "0:v:0"]
    printed = process.run([*words, "-fps_mode", "passthrough", "-f", "framemd5", "-"], capture=True)
    lines = printed.stdout.decode().splitlines()
    return [line.split(",")[-1].strip() for line in lines if line and not line.startswith("#")]


def test_a_remux_is_cut_at_the_source_s_key_frames(tmp_path: Path) -> None:
    make(commands.hls_remux(source_of("long_gop"), "r", tmp_path))
    assert Playlist.read(tmp_path, "r").lengths_s == pytest.approx([5, 1], abs=0.05)
    assert probe(tmp_path / "r-fragmented.mp4").audio is not None


def test_sound_left_in_a_rendition_is_dropped_without_an_encode(tmp_path: Path) -> None:
    make(commands.hls_remux(source_of("landscape"), "both", tmp_path))
    left = commands.Source(
        tmp_path / "both-fragmented.mp4", probe(tmp_path / "both-fragmented.mp4")
    )
    make(commands.hls_video_only(left, "only", tmp_path))
    info = probe(tmp_path / "only-fragmented.mp4")

    assert left.info.audio is not None
    assert info.audio is None
    assert checksums(left.path) == checksums(tmp_path / "only-fragmented.mp4")
    assert {path.name for path in tmp_path.glob("only*")} == {"only.m3u8", "only-fragmented.mp4"}


@pytest.mark.parametrize("name", ["rotated", "webm", "silent"])
def test_a_web_video_plays_while_it_is_fetched(name: str, tmp_path: Path) -> None:
    source, path = source_of(name), tmp_path / "w.mp4"
    info = made(commands.web_video(source, Rung("x", 144, 25), path), path)

    assert boxes(path).index(b"moov") < boxes(path).index(b"mdat")
    assert info.video is not None
    assert min(info.video.width, info.video.height) == 144
    assert (info.video.fps, info.video.rotation) == (25, 0)
    assert (info.audio is None) is (source.audio is None)


def test_a_web_video_may_be_the_source_s_pictures(tmp_path: Path) -> None:
    path = tmp_path / "w.mp4"
    make(commands.web_video_remux(source_of("mpegts"), path))
    assert boxes(path).index(b"moov") < boxes(path).index(b"mdat")
    assert checksums(path) == checksums(clip("mpegts"))


@pytest.mark.parametrize("name", ["mp3", "wav", "cover"])
def test_a_still_picture_lies_under_a_sound_as_long_as_it(name: str, tmp_path: Path) -> None:
    sound, path = source_of(name), tmp_path / "m.mp4"
    command = commands.audio_merge(
        sound.path, sound.info, clip("picture"), (850, 480), path, fps=25
    )
    info = made(command, path)

    assert info.video is not None
    assert info.audio is not None
    assert (info.video.width, info.video.height, info.video.fps) == (850, 480, 25)
    assert info.duration_s == pytest.approx(sound.info.duration_s, abs=0.1)
    assert info.audio.channels == 2
    assert decode(path) == []


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("landscape", (279, 157)), ("rotated", (88, 157)), ("anamorphic", (279, 157))),
        *(("odd", (278, 157)), ("ten_bit", (279, 157))),
    ],
)
def test_a_picture_is_taken_at_a_time_in_its_shape(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    make(commands.picture_at(source_of(name), 1.0, (280, 157), tmp_path / "p%d.png"))
    with Image.open(tmp_path / "p%d.png") as picture:
        assert picture.size == size


def test_from_key_frames_it_is_the_last_one_before_that_time(tmp_path: Path) -> None:
    source, box = source_of("long_gop"), (280, 157)
    first, late, early = (tmp_path / f"{name}.png" for name in ("first", "late", "early"))
    make(commands.picture_at(source, 0.0, box, first))
    make(commands.picture_at(source, 3.0, box, late))
    make(commands.picture_at(source, 3.0, box, early, is_from_keyframes=True))
    assert early.read_bytes() == first.read_bytes()
    assert early.read_bytes() != late.read_bytes()


def test_behind_the_last_key_frame_it_is_that_one(tmp_path: Path) -> None:
    source, box = source_of("landscape"), (280, 157)
    exact, late = tmp_path / "exact.png", tmp_path / "late.png"
    make(commands.picture_at(source, 1.0, box, exact))
    make(commands.picture_at(source, 1.9, box, late, is_from_keyframes=True))
    assert late.read_bytes() == exact.read_bytes()


def test_behind_the_end_there_is_no_picture(tmp_path: Path) -> None:
    make(commands.picture_at(source_of("landscape"), 99.0, (280, 157), tmp_path / "p.png"))
    assert not (tmp_path / "p.png").exists()


def test_a_small_picture_is_not_blown_up() -> None:
    assert commands.fitted((100, 50), (850, 480)) == (100, 50)
    assert commands.fitted((8192, 2), (280, 157)) == (280, 1)


def test_a_cover_is_taken_out_of_its_sound(tmp_path: Path) -> None:
    sound = source_of("cover")
    index = next(stream.index for stream in sound.info.streams if stream != sound.info.audio)
    make(commands.cover_picture(sound.path, index, tmp_path / "c.png"))
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.size == (64, 64)


@pytest.mark.parametrize("is_from_keyframes", [True, False])
def test_a_storyboard_fills_its_grid(is_from_keyframes: bool, tmp_path: Path) -> None:
    source, path = source_of("long_gop"), tmp_path / "s.jpg"
    grid = grid_of(source.info.duration_s, source.size)
    assert grid == Grid(6, 1, 192, 108, 1)
    make(commands.storyboard(source, grid, path, is_from_keyframes=is_from_keyframes))
    with Image.open(path) as picture:
        assert picture.format == "JPEG"
        assert grid.fits(*picture.size)


def test_the_pictures_of_a_storyboard_follow_the_time(tmp_path: Path) -> None:
    red_then_blue = tmp_path / "two.mp4"
    graph = "color=red:s=320x180:r=10:d=3[a];color=blue:s=320x180:r=10:d=3[b];[a][b]concat"
    words = ["ffmpeg", "-v", "error", "-filter_complex", graph, str(red_then_blue)]
    process.run(words)
    source = commands.Source(red_then_blue, probe(red_then_blue))
    make(
        commands.storyboard(
            source, Grid(4, 2, 192, 108, 1), tmp_path / "s.jpg", is_from_keyframes=False
        )
    )
    for at, is_red in enumerate([True, True, True, False, False, False, False, False]):
        row, column = divmod(at, 4)
        red, _, blue = colour_at(tmp_path / "s.jpg", column * 192 + 96, row * 108 + 54)
        assert (red > blue) is is_red, f"picture {at}"


def test_words_of_a_command_hold_no_path_but_the_output_s(tmp_path: Path) -> None:
    source = replace(source_of("landscape"), path=Path("/some/where/in.mp4"))
    command = commands.web_video(source, Rung("x", 144, 25), tmp_path / "w.mp4")
    assert not any("in.mp4" in word for word in command.output)
    assert [str(given.path) for given in command.inputs] == ["/some/where/in.mp4"]
    assert dict(pairwise(command.output))["-preset"] == "veryfast"
