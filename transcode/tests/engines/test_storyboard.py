"""The grid of a storyboard."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcode.engines.storyboard import Grid, grid_of, sprite_size

WIDE = (1280, 720)


@pytest.mark.parametrize("duration_s", [0, 0.5, 2.999])
def test_a_short_video_has_none(duration_s: float) -> None:
    assert grid_of(duration_s, WIDE) is None


@pytest.mark.parametrize(
    ("duration_s", "grid"),
    [
        (3, Grid(3, 1, 192, 108, 1)),
        (3.2, Grid(4, 1, 192, 108, 1)),
        (11, Grid(11, 1, 192, 108, 1)),
        (12, Grid(6, 2, 192, 108, 1)),
        (30, Grid(10, 3, 192, 108, 1)),
        (60, Grid(10, 6, 192, 108, 1)),
        (121, Grid(11, 11, 192, 108, 1)),
        (121.5, Grid(11, 6, 192, 108, 2)),
        (3600, Grid(11, 11, 192, 108, 30)),
    ],
)
def test_grids_hold_what_they_must(duration_s: float, grid: Grid) -> None:
    assert grid_of(duration_s, WIDE) == grid


@pytest.mark.parametrize(
    ("size", "sprite"),
    [
        *((WIDE, (192, 108)), ((720, 1280), (108, 192)), ((500, 500), (192, 192))),
        *(((1920, 800), (192, 80)), ((854, 480), (192, 108)), ((8192, 2), (192, 1))),
    ],
)
def test_the_long_side_of_a_picture_is_always_the_same(
    size: tuple[int, int], sprite: tuple[int, int]
) -> None:
    assert sprite_size(size) == sprite


@given(st.floats(3, 10**6))
def test_every_second_of_a_video_has_its_picture(duration_s: float) -> None:
    grid = grid_of(duration_s, WIDE)
    assert grid is not None
    total = ceil(duration_s / grid.sprite_duration_s)
    assert 1 <= grid.rows <= grid.columns <= 11
    assert total <= min(121, grid.columns * grid.rows)
    assert total > (grid.rows - 1) * 11, "no row too many"


@pytest.mark.parametrize(
    ("width", "height", "is_right"),
    [(384, 108, True), (383, 109, True), (386, 108, False), (384, 106, False), (0, 0, False)],
)
def test_a_picture_of_another_size_does_not_fit(width: int, height: int, is_right: bool) -> None:
    assert Grid(2, 1, 192, 108, 1).fits(width, height) is is_right
