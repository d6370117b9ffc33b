"""Thumbnail, preview and the card of a sound."""

from pathlib import Path

import pytest
from PIL import Image

from tests.support.clips import clip
from transcode.engines import commands, thumbnails
from transcode.tests.engines.making import make, source_of


def flat(path: Path, colour: tuple[int, int, int] = (20, 20, 20)) -> None:
    Image.new("RGB", (320, 180), colour).save(path, "PNG")


def lively(path: Path) -> None:
    Image.effect_mandelbrot((320, 180), (-3, -2.5, 2, 2.5), 50).save(path, "PNG")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"#EXTM3U", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_picture_that_cannot_be_read_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ValueError, match="cannot be read"):
        thumbnails.write_jpegs(tmp_path / "x.png", tmp_path / "t.jpg", tmp_path / "p.jpg")
    assert not (tmp_path / "t.jpg").exists()


def test_a_picture_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    Image.new("1", (9000, 9000)).save(tmp_path / "x.png")
    with pytest.raises(ValueError, match="picture"):
        thumbnails.write_jpegs(tmp_path / "x.png", tmp_path / "t.jpg", tmp_path / "p.jpg")


def test_without_any_frame_there_is_none(tmp_path: Path) -> None:
    assert thumbnails.choose(lambda at_s, path: None, 10, tmp_path) is None


def test_frames_are_looked_for_at_half_a_quarter_and_a_tenth(tmp_path: Path) -> None:
    asked = []

    def take(at_s: float, path: Path) -> None:
        asked.append(at_s)
        flat(path)

    chosen = thumbnails.choose(take, 100, tmp_path)
    assert asked == [50, 25, 10]
    assert chosen == tmp_path / "frame-0.png", "a flat frame is better than none"


def test_the_first_frame_that_shows_something_is_taken(tmp_path: Path) -> None:
    asked = []

    def take(at_s: float, path: Path) -> None:
        asked.append(at_s)
        lively(path) if at_s == 25 else flat(path)

    assert thumbnails.choose(take, 100, tmp_path) == tmp_path / "frame-1.png"
    assert asked == [50, 25]


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (10, 200, 90)])
def test_one_colour_is_flat(colour: tuple[int, int, int], tmp_path: Path) -> None:
    flat(tmp_path / "f.png", colour)
    assert thumbnails.is_flat(tmp_path / "f.png")


def test_a_dark_scene_with_a_light_is_not_flat(tmp_path: Path) -> None:
    night = Image.new("RGB", (320, 180), (4, 4, 6))
    night.paste((200, 190, 120), (100, 60, 140, 90))
    night.save(tmp_path / "n.png")
    assert not thumbnails.is_flat(tmp_path / "n.png")


@pytest.mark.parametrize(
    ("size", "thumbnail", "preview"),
    [
        ((1920, 1080), (279, 157), (850, 478)),
        ((1080, 1920), (88, 157), (270, 480)),
        ((100, 50), (100, 50), (100, 50)),
        ((4000, 100), (280, 7), (850, 21)),
    ],
)
def test_both_jpegs_fit_their_boxes_in_the_picture_s_shape(
    size: tuple[int, int],
    thumbnail: tuple[int, int],
    preview: tuple[int, int],
    tmp_path: Path,
) -> None:
    Image.new("RGBA", size, (1, 2, 3, 4)).save(tmp_path / "x.png")
    paths = (tmp_path / "t.jpg", tmp_path / "p.jpg")
    assert thumbnails.write_jpegs(tmp_path / "x.png", *paths) == (thumbnail, preview)
    for path, made in zip(paths, (thumbnail, preview), strict=True):
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == ("JPEG", made)


def test_a_frame_of_a_turned_video_stands_upright(tmp_path: Path) -> None:
    source = source_of("rotated")

    def take(at_s: float, path: Path) -> None:
        make(commands.picture_at(source, at_s, thumbnails.PREVIEW, path))

    chosen = thumbnails.choose(take, source.info.duration_s, tmp_path)
    assert chosen is not None
    sizes = thumbnails.write_jpegs(chosen, tmp_path / "t.jpg", tmp_path / "p.jpg")
    assert sizes == ((88, 157), (270, 480))


def test_a_cover_may_be_a_jpeg(tmp_path: Path) -> None:
    sizes = thumbnails.write_jpegs(clip("picture"), tmp_path / "t.jpg", tmp_path / "p.jpg")
    assert sizes == ((64, 64), (64, 64))


@pytest.mark.parametrize("seed", ["", "Song", "日本語 🎵", "x" * 500, "a\nb\0c", "\ud800"])
def test_a_card_is_drawn_for_any_seed(seed: str, tmp_path: Path) -> None:
    thumbnails.audio_card(seed, tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as card:
        assert card.size == thumbnails.PREVIEW
    assert not thumbnails.is_flat(tmp_path / "c.png")


def test_the_same_seed_gives_the_same_card_and_another_another(tmp_path: Path) -> None:
    for name, seed in (("a", "One"), ("b", "One"), ("c", "Two")):
        thumbnails.audio_card(seed, tmp_path / name)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c
