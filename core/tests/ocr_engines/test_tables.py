"""Ruling lines, the grids they draw, and words in cells."""

import numpy as np
import pytest

from core.ocr.engines.base import Box, Word
from core.ocr.engines.ink import Mask
from core.ocr.engines.rules import Grid, find_grids
from core.ocr.engines.sheet import lay_down
from core.ocr.engines.tables import Filled, split_tables
from core.ocr.engines.tsv import make_block, make_line

GRID = Grid((0, 50, 100), (0, 100, 200))


def ruled(ys: tuple[int, ...], xs: tuple[int, ...], *, size: int = 600) -> Mask:
    """A page at 100 dpi with rules at these places."""
    mask = np.zeros((size, size), np.bool_)
    for y in ys:
        mask[y : y + 2, min(xs, default=50) : max(xs, default=450) + 2] = True
    for x in xs:
        mask[min(ys, default=50) : max(ys, default=450) + 2, x : x + 2] = True
    return mask


def word(text: str, left: int, top: int) -> Word:
    return Word(text, Box(left, top, left + 40, top + 20), 90.0)


@pytest.mark.parametrize(
    ("ys", "xs"), [((), ()), ((100, 200), ()), ((), (100, 200)), ((100, 300), (100, 300))]
)
def test_lines_and_a_lone_frame_are_no_table(ys: tuple[int, ...], xs: tuple[int, ...]) -> None:
    assert find_grids(ruled(ys, xs), 100) == []


def test_a_thick_bar_is_no_rule() -> None:
    mask = ruled((100, 200), (100, 250, 400))
    mask[100:201, 100:402] = True

    assert find_grids(mask, 100) == []


def test_a_grid_is_found_at_its_rules() -> None:
    [grid] = find_grids(ruled((100, 140, 180), (60, 200, 350, 500)), 100)

    assert grid.shape == (2, 3)
    assert np.allclose(grid.ys, (100, 140, 180), atol=2)
    assert np.allclose(grid.xs, (60, 200, 350, 500), atol=2)


def test_a_table_open_at_its_sides_gets_them_from_its_rules() -> None:
    mask = ruled((100, 150, 200), (200, 300))
    mask[[100, 101, 150, 151, 200, 201], 50:450] = True

    [grid] = find_grids(mask, 100)

    assert grid.shape == (2, 3)


def test_two_tables_are_two_grids_from_top_to_bottom() -> None:
    upper, lower = ruled((50, 100, 150), (50, 200, 350)), ruled((400, 450), (50, 200, 350))

    grids = find_grids(upper | lower, 100)

    assert [grid.shape for grid in grids] == [(2, 2), (1, 2)]


def test_a_rule_that_drifts_by_a_pixel_holds() -> None:
    mask = ruled((100, 200), (50, 250, 450))
    mask[100:102, 250:] = False
    mask[101:103, 250:452] = True

    assert [grid.shape for grid in find_grids(mask, 100)] == [(1, 2)]


def test_a_word_outside_of_the_grid_has_no_cell() -> None:
    assert GRID.find(Box(300, 0, 340, 20)) is None
    assert GRID.find(Box(0, 200, 40, 220)) is None


@pytest.mark.parametrize("text", ["|", "[", "—", "_", "||", "¦"])
def test_a_rule_read_as_text_is_left_out(text: str) -> None:
    filled = Filled(GRID)

    assert filled.take(word(text, 10, 10))
    assert filled.piece(1.0) is None


def test_words_go_to_their_cells_in_reading_order() -> None:
    lines = [make_line([word("a", 5, 10), word("b", 50, 10), word("|c", 110, 10)])]
    lines.append(make_line([word("d", 110, 60)]))

    [table] = split_tables([make_block(lines)], [GRID])

    assert isinstance(table, Filled)
    piece = table.piece(1.0)
    assert piece is not None
    assert piece.markdown == "| a b | c |\n| --- | --- |\n|  | d |"
    assert piece.kind == "table"


def test_text_around_a_table_keeps_its_place() -> None:
    above = make_block([make_line([word("above", 10, -40)])])
    inside = make_block([make_line([word("in", 10, 10)]), make_line([word("below", 10, 140)])])

    parts = split_tables([above, inside], [GRID])

    assert [isinstance(part, Filled) for part in parts] == [False, True, False]


def test_cells_with_ink_but_no_word_are_read_once_more() -> None:
    image = np.full((100, 200), 255, np.uint8)
    image[10:40, 120:150] = 0
    read_in = []

    def read_cell(crop: np.ndarray) -> list[object]:
        read_in.append(crop.shape)
        return [make_block([make_line([Word("7", Box(20, 5, 40, 25), 80.0)])])]

    filled = Filled(GRID)
    filled.complete(lay_down(image, 100), read_cell)  # type: ignore[arg-type]
    piece = filled.piece(1.0)

    assert len(read_in) == 1
    assert piece is not None
    assert piece.markdown.startswith("|  | 7 |")
