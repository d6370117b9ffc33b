"""A studio edit made by the real ffmpeg."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.media.errors import ProgramFailed
from core.media.probe import MediaInfo, probe
from tests.support.clips import clip
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Source
from transcode.engines.studio import Cut, Join, Task, Watermark
from transcode.engines.studio_command import Picture, edit
from transcode.tests.engines.making import colour_at, decode, made, source_of


@pytest.fixture
def mark(tmp_path: Path) -> Picture:
    """A red square."""
    path = tmp_path / "mark.png"
    Image.new("RGBA", (50, 50), (255, 0, 0, 255)).save(path)
    return Picture(path, (50, 50), "png_pipe")


def edited(
    tmp_path: Path, tasks: list[Task], source: Source | None = None, **files: Source | Picture
) -> MediaInfo:
    path = tmp_path / "edited.mp4"
    info = made(edit(source or source_of("landscape"), tasks, files, path, fps=30), path)
    assert decode(path) == []
    return info


def test_a_file_that_is_missing_or_of_the_wrong_sort_is_refused(
    tmp_path: Path, mark: Picture
) -> None:
    with pytest.raises(KeyError):
        edited(tmp_path, [Join("intro", "a")])
    with pytest.raises(TypeError):
        edited(tmp_path, [Join("intro", "a")], a=mark)
    with pytest.raises(TypeError):
        edited(tmp_path, [Watermark("a")], a=source_of("silent"))


def test_sound_alone_is_no_intro(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no video"):
        edited(tmp_path, [Join("intro", "a")], a=source_of("mp3"))


def test_a_watermark_that_is_no_picture_ends_in_an_error(tmp_path: Path) -> None:
    fake = tmp_path / "fake.png"
    fake.write_bytes(b"#EXTM3U\nfile:///etc/passwd\n")
    with pytest.raises(ProgramFailed):
        edited(tmp_path, [Watermark("a")], a=Picture(fake, (50, 50), "png_pipe"))


def test_a_cut_keeps_what_lies_between(tmp_path: Path) -> None:
    info = edited(tmp_path, [Cut(1, 4)], source_of("long_gop"))
    assert info.duration_s == pytest.approx(3, abs=0.1)
    assert info.video is not None
    assert (info.video.width, info.video.height, info.video.fps) == (640, 360, 30)
    assert info.audio is not None
    assert info.audio.layout == "stereo"


@pytest.mark.parametrize("cut", [Cut(1, None), Cut(None, 1)])
def test_a_cut_may_leave_one_side_open(cut: Cut, tmp_path: Path) -> None:
    info = edited(tmp_path, [cut], source_of("silent"))
    assert info.duration_s == pytest.approx(1, abs=0.1)
    assert info.audio is None


def test_clips_of_other_shapes_are_fitted_with_black_beside(tmp_path: Path) -> None:
    info = edited(tmp_path, [Join("intro", "a")], a=source_of("rotated"))
    assert info.duration_s == pytest.approx(4, abs=0.2)
    assert info.video is not None
    assert (info.video.width, info.video.height) == (640, 360)
    assert max(colour_at(tmp_path / "edited.mp4", 20, 180, 0.5)) < 30, "a bar beside the intro"
    assert max(colour_at(tmp_path / "edited.mp4", 20, 180, 3.0)) > 30, "the video itself"


@pytest.mark.parametrize(
    ("source", "first", "second"),
    [
        *(("silent", "landscape", "silent"), ("landscape", "silent", "silent")),
        *(("silent", "silent", "silent"), ("odd", "webm", "interlaced")),
    ],
)
def test_where_one_clip_has_no_sound_there_is_silence(
    source: str, first: str, second: str, tmp_path: Path
) -> None:
    clips = [source_of(name) for name in (source, first, second)]
    tasks: list[Task] = [Join("intro", "a"), Join("outro", "b"), Join("outro", "b")]
    info = edited(tmp_path, tasks, clips[0], a=clips[1], b=clips[2])

    assert info.duration_s == pytest.approx(8, abs=0.3)
    assert (info.audio is not None) is any(each.audio for each in clips)
    if info.audio is not None:
        assert info.audio.start_s == pytest.approx(0, abs=0.05)


def test_a_watermark_lies_in_the_top_right_corner(tmp_path: Path, mark: Picture) -> None:
    edited(tmp_path, [Watermark("w")], w=mark)
    path = tmp_path / "edited.mp4"
    # 36 pixels (a tenth of 360) wide and high, 18 (a twentieth) from either edge.
    for x, y, at_s in ((604, 36, 0.0), (590, 22, 1.5), (618, 50, 1.5)):
        red, green, blue = colour_at(path, x, y, at_s)
        assert red > 180
        assert max(green, blue) < 80
    for x, y in ((630, 36), (604, 8), (575, 36), (604, 62)):
        red, green, blue = colour_at(path, x, y)
        assert red < 180 or max(green, blue) > 80


def test_a_watermark_with_glass_lets_the_video_through(tmp_path: Path) -> None:
    glass = tmp_path / "glass.png"
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(glass)
    source = source_of("landscape")
    edited(tmp_path, [Watermark("w")], w=Picture(glass, (50, 50), "png_pipe"))
    shown = colour_at(tmp_path / "edited.mp4", 604, 36)
    assert shown == pytest.approx(colour_at(source.path, 604, 36), abs=25)


def test_tasks_are_done_in_their_order_in_one_go(tmp_path: Path, mark: Picture) -> None:
    tasks: list[Task] = [Cut(1, None), Watermark("w"), Join("intro", "i"), Cut(None, 2)]
    info = edited(tmp_path, tasks, w=mark, i=source_of("fifty"))
    assert info.duration_s == pytest.approx(2, abs=0.1)
    red, green, blue = colour_at(tmp_path / "edited.mp4", 604, 36, 0.5)
    assert not (red > 180 and max(green, blue) < 80), "the intro bears no mark"


def test_the_sound_of_the_video_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    source = replace(source_of("silent"), audio_path=clip("mp3"), audio_info=probe(clip("mp3")))
    info = edited(tmp_path, [Cut(None, 1)], source)
    assert info.audio is not None
    assert info.duration_s == pytest.approx(1, abs=0.1)


def test_a_result_is_finer_than_a_rendition(tmp_path: Path) -> None:
    source = source_of("landscape")
    words = edit(source, [Cut(1, None)], {}, tmp_path / "e.mp4", fps=30).output
    assert words[words.index("-crf") + 1] == "18"
    hardware = edit(
        source, [Cut(1, None)], {}, tmp_path / "e.mp4", fps=30, encoder=Encoder("h264_nvenc")
    ).output
    assert "-crf" not in hardware
