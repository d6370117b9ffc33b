"""Bands of ink, blocks, and the rectangles that are read one after the other."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.samples import Style, receipt, table_page, two_column_page
from core.ocr.engines import Engine
from core.ocr.engines.bands import runs, single_column
from core.ocr.engines.base import Box, Grey, Orientation, Reading, Region
from core.ocr.engines.layout import LaidBlock, Layout, lay_out, rectangles, reduction
from core.tests.ocr_engines.reading import short_page


def small(image: Image.Image) -> Grey:
    return np.asarray(image.reduce(2))


def lines(count: int, *, left: int = 10, pitch: int = 30, height: int = 20) -> tuple[Box, ...]:
    return tuple(
        Box(left, 10 + n * pitch, left + 200, 10 + n * pitch + height) for n in range(count)
    )


def laid(*blocks: tuple[Box, ...]) -> Layout:
    return Layout(tuple(LaidBlock(block[0].around(block[-1]), block) for block in blocks), ())


class Fixed:
    """An engine that sees what it is told to see."""

    name = "fixed"

    def __init__(self, regions: list[Region]) -> None:
        self.regions = regions

    def analyse(self, image: Grey, dpi: int) -> list[Region]:
        return self.regions

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[object]:
        raise AssertionError

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        raise AssertionError


def region(box: Box) -> Region:
    return Region("text", box, (box,))


def kept(*boxes: Box) -> list[Box]:
    engine: Engine = Fixed([region(box) for box in boxes])  # type: ignore[assignment]
    layout = lay_out(engine, np.zeros((9, 9), np.uint8), 100, 1)
    assert layout is not None
    return [block.box for block in layout.blocks]


def test_a_blank_page_has_no_lines() -> None:
    assert single_column(np.full((400, 300), 255, np.uint8), 100) == []


def test_two_columns_are_not_one() -> None:
    assert single_column(small(two_column_page(count=3).image), 100) is None


def test_a_ruled_table_is_not_plain() -> None:
    assert single_column(small(table_page([["a", "b"], ["c", "d"]]).image), 100) is None


def test_lines_on_end_are_not_plain() -> None:
    turned = np.rot90(small(short_page(count=3).image))

    assert not single_column(np.ascontiguousarray(turned), 100)


def test_tilted_lines_that_run_into_each_other_are_not_plain() -> None:
    tilted = short_page(count=3).image.rotate(2, fillcolor=255)

    assert single_column(small(tilted), 100) is None


def test_paragraphs_are_blocks_and_lines_are_counted_right() -> None:
    sample = short_page(count=3)

    regions = single_column(small(sample.image), 100)

    assert regions is not None
    assert len(regions) == 3
    assert sum(len(region.lines) for region in regions) == len(sample.lines)


def test_rows_of_names_and_prices_are_one_column() -> None:
    rows = tuple(f"Article {n}             {n}.50" for n in range(9))
    image = receipt(rows, Style(font="DejaVuSansMono.ttf", size_pt=9, margin_in=0.25)).image

    regions = single_column(np.asarray(image), 200)

    assert regions is not None
    assert sum(len(region.lines) for region in regions) == 9


@pytest.mark.parametrize(
    ("flags", "gap", "found"),
    [
        ("", 0, []),
        ("0000", 0, []),
        ("1101", 0, [(0, 2), (3, 4)]),
        ("1101", 1, [(0, 4)]),
        ("0110011", 2, [(1, 7)]),
    ],
)
def test_runs_of_ink(flags: str, gap: int, found: list[tuple[int, int]]) -> None:
    assert runs(np.array([flag == "1" for flag in flags], np.bool_), gap=gap) == found


def test_a_block_that_lies_mostly_in_a_larger_one_is_dropped() -> None:
    large, inside = Box(0, 0, 100, 100), Box(80, 80, 110, 100)

    assert kept(large, inside) == [large]


def test_blocks_side_by_side_are_kept_in_their_order() -> None:
    right, left = Box(60, 0, 100, 100), Box(0, 0, 65, 100)

    assert kept(right, left) == [right, left]


def test_of_two_equal_blocks_none_swallows_the_other() -> None:
    box = Box(0, 0, 10, 10)

    assert len(kept(box, box)) == 2


def test_a_page_without_lines_has_no_rectangles() -> None:
    assert rectangles(Layout((), ()), (100, 100)) == []


def test_the_first_rectangle_has_two_lines_and_the_others_up_to_five() -> None:
    parts = rectangles(laid(lines(9), lines(1, left=300)), (1000, 1000))

    assert [len(part.lines) for part in parts] == [2, 5, 2, 1]
    assert [part.starts_block for part in parts] == [True, False, False, True]


def test_rectangles_meet_in_the_middle_of_the_gap_between_lines() -> None:
    first, second, *_ = rectangles(laid(lines(9)), (1000, 1000))

    assert first.lines[-1].bottom < first.box.bottom == second.box.top < second.lines[0].top


def test_rectangles_stay_on_the_page() -> None:
    [part] = rectangles(laid((Box(0, 0, 100, 20),)), (20, 100))

    assert part.box == Box(0, 0, 100, 20)


def test_a_rectangle_does_not_reach_into_the_next_column() -> None:
    parts = rectangles(laid((Box(0, 0, 100, 40),), (Box(104, 0, 200, 40),)), (100, 300))

    assert parts[0].box.right <= 102 <= parts[1].box.left


def test_lines_side_by_side_in_a_block_are_not_cut_apart() -> None:
    beside = (Box(0, 0, 50, 20), Box(60, 0, 90, 20), Box(100, 0, 150, 20))

    assert len(rectangles(laid(beside), (100, 200))) == 1


def test_only_a_block_of_one_line_may_be_a_heading() -> None:
    parts = rectangles(laid((Box(0, 0, 90, 40),), lines(4)), (300, 300))

    assert parts[0].height_ratio == 2.0
    assert {part.height_ratio for part in parts[1:]} == {None}


@pytest.mark.parametrize(
    ("shape", "dpi", "factor"),
    [((2339, 1654), 200, 2), ((3508, 2480), 300, 3), ((300, 200), 300, 1), ((1, 1), 200, 1)],
)
def test_small_pictures_are_not_reduced(shape: tuple[int, int], dpi: int, factor: int) -> None:
    assert reduction(np.zeros(shape, np.uint8), dpi) == factor


def test_three_ruling_lines_make_a_table() -> None:
    rule = Region("rule", Box(0, 0, 9, 1))

    assert not Layout((), (rule, rule)).has_table
    assert Layout((), (rule, rule, rule)).has_table
    assert Layout((), (Region("table", Box(0, 0, 9, 9)),)).has_table
