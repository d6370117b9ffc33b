"""Sizes and frame rates of renditions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from transcode.engines import ladder
from transcode.tests.engines.media import media_info, video_stream

EVERY = frozenset(ladder.ALLOWED)
DEFAULT = frozenset({240, 360, 480, 720, 1080})

sides = st.integers(1, 8192)
sizes_enabled = st.sets(st.sampled_from(ladder.ALLOWED))
frame_rates = st.floats(0.1, 240, allow_nan=False)


def ladder_of(width: int, height: int, **options: bool) -> list[int]:
    always_original = options.get("always_original", False)
    return ladder.resolutions(DEFAULT, width, height, always_original=always_original)


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (-2, 4)])
def test_a_picture_without_a_pixel_is_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="pixel"):
        ladder.resolutions(EVERY, width, height, always_original=False)


@pytest.mark.parametrize("fps", [0.0, 0.09, -1.0])
def test_less_than_a_tenth_of_a_frame_a_second_is_refused(fps: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        ladder.input_fps(media_info(video_stream(fps=fps)))
    assert refused.value.code == "invalid_frame_rate"


def test_audio_has_no_frame_rate_to_ask_for() -> None:
    with pytest.raises(InvalidInput):
        ladder.input_fps(media_info(None))


def test_the_top_comes_first_and_then_what_most_people_watch() -> None:
    assert ladder.resolutions(EVERY, 3840, 2160, always_original=False) == [
        *(2160, 480, 360, 720, 240, 144, 1080, 1440)
    ]


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_the_shorter_side_counts_whichever_way_the_picture_stands(size: tuple[int, int]) -> None:
    assert ladder_of(*size) == [1080, 480, 360, 720, 240]


def test_nothing_is_made_larger_than_its_source() -> None:
    assert ladder_of(640, 360) == [360, 240]
    assert ladder_of(1278, 719) == [480, 360, 240]


@pytest.mark.parametrize(("side", "even"), [(100, 100), (101, 102), (1, 2), (239, 240)])
def test_what_is_smaller_than_every_size_keeps_its_own_made_even(side: int, even: int) -> None:
    assert ladder_of(side * 2, side) == [even]


def test_the_source_s_own_size_may_always_be_the_top() -> None:
    assert ladder_of(1278, 719, always_original=True) == [720, 480, 360, 240]
    assert ladder_of(1280, 720, always_original=True) == [720, 480, 360, 240]
    assert ladder_of(4096, 2160, always_original=True) == [2160, 480, 360, 720, 240, 1080]


def test_with_nothing_enabled_the_source_s_own_size_is_made() -> None:
    assert ladder.resolutions({ladder.AUDIO_ONLY}, 640, 360, always_original=False) == [360]


@given(sizes_enabled, sides, sides, st.booleans())
def test_a_ladder_has_each_size_once_none_upscaled_and_the_largest_first(
    enabled: set[int], width: int, height: int, always_original: bool
) -> None:
    made = ladder.resolutions(enabled, width, height, always_original=always_original)
    side = min(width, height)

    assert made
    assert len(set(made)) == len(made)
    assert made[0] == max(made)
    assert all(size <= side or size == side + 1 for size in made)
    assert all(size % 2 == 0 for size in made)
    assert set(made) >= {size for size in enabled if 0 < size <= side}


@given(sides, sides, st.sampled_from(ladder.ALLOWED[1:]))
def test_a_scaled_picture_is_even_and_keeps_its_shape(width: int, height: int, size: int) -> None:
    made = ladder.scaled_size(width, height, size)
    long_side = Fraction(max(width, height) * size, min(width, height))

    assert min(made) == size
    assert all(side % 2 == 0 for side in made)
    assert abs(max(made) - long_side) <= 1
    assert (made[1] > made[0]) <= (height > width)


@pytest.mark.parametrize(
    ("source", "size", "made"),
    [
        ((1920, 1080), 480, (854, 480)),
        ((1080, 1920), 480, (480, 854)),
        ((1920, 1080), 240, (426, 240)),
        ((321, 181), 182, (322, 182)),
        ((500, 500), 360, (360, 360)),
    ],
)
def test_long_sides_are_those_of_ffmpeg(
    source: tuple[int, int], size: int, made: tuple[int, int]
) -> None:
    assert ladder.scaled_size(*source, size) == made


@pytest.mark.parametrize(
    ("sar", "shown"),
    [
        (Fraction(64, 45), (1024, 576)),
        (Fraction(16, 15), (768, 576)),
        (Fraction(1), (720, 576)),
        (Fraction(1, 9000), (720, 576)),
        (Fraction(9000), (720, 576)),
    ],
)
def test_pixels_are_made_square(sar: Fraction, shown: tuple[int, int]) -> None:
    assert ladder.display_size(video_stream(width=720, height=576, sar=sar)) == shown


def test_the_lines_of_a_turned_picture_are_its_width() -> None:
    turned = video_stream(width=1080, height=1440, rotation=90, sar=Fraction(3, 4))
    assert ladder.display_size(turned) == (1080, 1920)


@pytest.mark.parametrize(
    ("fps", "size", "made"),
    [
        *((60, 480, 30), (50, 360, 25), (48, 480, 24), (60, 1080, 60), (29.97, 360, 30)),
        *((60, 720, 60), (59.94, 240, 30), (30, 240, 30), (31, 240, 30), (45, 144, 30)),
        *((120, 240, 30), (23.976, 480, 24), (0.1, 240, 1), (12.5, 240, 13)),
    ],
)
def test_small_renditions_below_the_top_are_made_at_thirty_at_most(
    fps: float, size: int, made: int
) -> None:
    assert ladder.frame_rate(fps, size, is_top=False, fps_max=60) == made


def test_the_top_keeps_its_frame_rate() -> None:
    assert ladder.frame_rate(60, 480, is_top=True, fps_max=60) == 60


@pytest.mark.parametrize(
    ("fps", "fps_max", "made"),
    [(120, 60, 60), (100, 60, 50), (144, 60, 60), (90, 60, 60), (60, 30, 30), (120, 144, 120)],
)
def test_frame_rates_above_the_highest_come_down(fps: int, fps_max: int, made: int) -> None:
    assert ladder.frame_rate(fps, 1080, is_top=True, fps_max=fps_max) == made


def test_audio_has_no_frames() -> None:
    assert ladder.frame_rate(60, ladder.AUDIO_ONLY, is_top=False, fps_max=60) == 0


@pytest.mark.parametrize(("fps_max", "made"), [(60, 25), (20, 20)])
def test_a_picture_under_audio_needs_few_frames(fps_max: int, made: int) -> None:
    assert ladder.audio_merge_fps(fps_max) == made


@given(frame_rates, st.sampled_from(ladder.ALLOWED[1:]), st.booleans(), st.integers(1, 144))
def test_a_frame_rate_is_at_least_one_and_never_raised(
    fps: float, size: int, is_top: bool, fps_max: int
) -> None:
    made = ladder.frame_rate(fps, size, is_top=is_top, fps_max=fps_max)

    assert 1 <= made <= fps_max
    assert made <= max(1, fps + 0.5)
    assert ladder.frame_rate(made, size, is_top=is_top, fps_max=fps_max) == made


@pytest.mark.parametrize(("fps", "whole"), [(29.97, 30), (0.1, 1), (24.5, 25), (23.976, 24)])
def test_the_source_s_frame_rate_is_rounded(fps: float, whole: int) -> None:
    assert ladder.input_fps(media_info(video_stream(fps=fps))) == whole
