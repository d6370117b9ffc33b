"""The grid of a storyboard: small pictures of a video, for the bar of its player (4.6)."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from transcode.engines.ladder import Size

SHORTEST_S = 3.0
LONG_SIDE = 192
MAX_SPRITES = 121
MAX_COLUMNS = 11
TOLERANCE = 1


@dataclass(frozen=True)
class Grid:
    """Equal pictures in rows; each stands for `sprite_duration_s` seconds of the video."""

    columns: int
    rows: int
    sprite_width: int
    sprite_height: int
    sprite_duration_s: int

    @property
    def width(self) -> int:
        """Of the whole picture."""
        return self.columns * self.sprite_width

    @property
    def height(self) -> int:
        """Of the whole picture."""
        return self.rows * self.sprite_height

    def fits(self, width: int, height: int) -> bool:
        """Whether a picture has this grid's size, give or take a pixel."""
        return abs(width - self.width) <= TOLERANCE and abs(height - self.height) <= TOLERANCE


def grid_of(duration_s: float, size: Size) -> Grid | None:
    """The grid of a video that is shown in `size`. None for one that is too short for it."""
    if duration_s < SHORTEST_S:
        return None
    most = min(ceil(duration_s), MAX_SPRITES)
    sprite_duration_s = ceil(duration_s / most)
    total = ceil(duration_s / sprite_duration_s)
    columns, rows = _smallest(total)
    width, height = sprite_size(size)
    return Grid(columns, rows, width, height, sprite_duration_s)


def sprite_size(size: Size) -> Size:
    """One picture: its long side is 192 pixels."""
    width, height = size
    short = max(1, _nearest(Fraction(LONG_SIDE * min(size), max(size))))
    return (LONG_SIDE, short) if width >= height else (short, LONG_SIDE)


def _smallest(total: int) -> Size:
    """Columns and rows: the fewest rows, then the fewest columns, rows <= columns <= 11."""
    rows = next(rows for rows in range(1, MAX_COLUMNS + 1) if rows * MAX_COLUMNS >= total)
    return max(rows, ceil(total / rows)), rows


def _nearest(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
