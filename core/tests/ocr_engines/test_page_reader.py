"""How one page is read: what is held back, when it is turned, when rescued, when left alone."""

from collections.abc import Callable

import numpy as np
import pytest

from core.ocr.engines.bands import single_column
from core.ocr.engines.base import Block, Box, Grey, OcrOptions, Orientation, Reading, Region, Word
from core.ocr.engines.page_reader import read_page
from core.ocr.engines.pieces import PageFacts, Piece
from core.ocr.engines.session import Session
from core.ocr.engines.tsv import make_block, make_line
from core.tests.ocr_engines.reading import go_on, short_page

PAGE = np.asarray(short_page(count=3).image)
RECTANGLES = 4
"""Three paragraphs of four lines: two and two of the first, then one each."""
SIDEWAYS = np.ascontiguousarray(np.rot90(PAGE))


class Scripted:
    """An engine whose answers a test writes: the confidence of each call by its number."""

    name = "scripted"

    def __init__(self, confidence: Callable[[int, Reading], float]) -> None:
        self.confidence = confidence
        self.calls: list[tuple[Reading, tuple[int, ...]]] = []
        self.turns: list[Orientation | None] = []
        self.oriented = 0
        self.regions: Callable[[Grey], list[Region] | None] = self.blocks

    def blocks(self, image: Grey) -> list[Region]:
        return single_column(image, 100) or []

    def analyse(self, image: Grey, dpi: int) -> list[Region] | None:
        return self.regions(image)

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[Block]:
        self.calls.append((reading, image.shape))
        sure = self.confidence(len(self.calls), reading)
        if sure < 0:
            return []
        height, width = image.shape
        word = Word(f"word{len(self.calls)}", Box(2, 2, width - 2, height - 2), sure)
        return [make_block([make_line([word])])]

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        self.oriented += 1
        return self.turns.pop(0) if self.turns else None


def run(engine: Scripted, image: Grey = PAGE) -> tuple[list[Piece], PageFacts]:
    options = OcrOptions(detect_language=False, default_languages=("eng",))
    stream = read_page(image, 200, Session(engine, options, go_on))
    pieces = []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            return pieces, end.value


def whole_pages(engine: Scripted) -> list[Reading]:
    return [reading for reading, _ in engine.calls if reading.segmentation == "page"]


def test_a_blank_page_costs_no_call() -> None:
    engine = Scripted(lambda call, reading: 95)

    pieces, facts = run(engine, np.full((500, 400), 255, np.uint8))

    assert pieces == []
    assert engine.calls == []
    assert facts == PageFacts(400, 500, 0)


def test_a_good_page_is_streamed_rectangle_by_rectangle() -> None:
    engine = Scripted(lambda call, reading: 95)

    pieces, _ = run(engine)

    assert len(engine.calls) == RECTANGLES
    assert not whole_pages(engine)
    assert [piece.starts_block for piece in pieces] == [True, False, True, True]
    assert pieces[-1].share == 1.0


def test_the_first_piece_leaves_before_the_second_rectangle_is_read() -> None:
    engine = Scripted(lambda call, reading: 95)
    options = OcrOptions(detect_language=False, default_languages=("eng",))

    next(read_page(PAGE, 200, Session(engine, options, go_on)))

    assert len(engine.calls) == 1


def test_boxes_are_those_of_the_page() -> None:
    pieces, _ = run(Scripted(lambda call, reading: 95))

    tops = [piece.box.top for piece in pieces]
    assert tops == sorted(tops)
    assert max(piece.box.bottom for piece in pieces) > 0.8 * PAGE.shape[0]


def test_a_doubtful_start_is_held_back_until_the_page_proves_good() -> None:
    engine = Scripted(lambda call, reading: 60 if call == 1 else 98)

    pieces, _ = run(engine)

    assert len(pieces) == RECTANGLES
    assert engine.oriented == 0


def test_a_poor_rectangle_in_a_good_page_is_tried_by_local_thresholds() -> None:
    engine = Scripted(lambda call, reading: 30 if call == 3 else 95)

    pieces, _ = run(engine)

    local = [n for n, (reading, _) in enumerate(engine.calls) if reading.has_local_threshold]
    assert local == [3]
    assert all(piece.confidence == 95 for piece in pieces)


def test_an_empty_rectangle_leaves_no_piece() -> None:
    engine = Scripted(lambda call, reading: -1 if call in (2, 3) else 95)

    pieces, _ = run(engine)

    assert len(pieces) == RECTANGLES - 1


def test_a_block_whose_first_rectangle_is_empty_still_starts_anew() -> None:
    engine = Scripted(lambda call, reading: 95)

    def merged(image: Grey) -> list[Region]:
        first, second, third = engine.blocks(image)
        eight = second.lines + third.lines
        return [first, Region("text", second.box.around(third.box), eight)]

    engine.regions = merged
    engine.confidence = lambda call, reading: -1 if call in (3, 4) else 95

    pieces, _ = run(engine)

    assert [piece.starts_block for piece in pieces] == [True, False, True]


def test_an_unreadable_start_is_looked_at_from_all_sides_at_once() -> None:
    engine = Scripted(lambda call, reading: 20 if call == 1 else 95)
    engine.turns = [Orientation(180, 12.0)]

    pieces, facts = run(engine)

    assert facts.rotation == 180
    assert pieces[0].lines[0].text == "word2"
    assert engine.oriented == 1


def test_an_unsure_orientation_turns_nothing() -> None:
    engine = Scripted(lambda call, reading: 20 if call == 1 else 95)
    engine.turns = [Orientation(180, 4.0)]

    _, facts = run(engine)

    assert facts.rotation == 0
    assert whole_pages(engine)


def test_a_page_on_its_side_is_turned_before_anything_is_read() -> None:
    engine = Scripted(lambda call, reading: 95)
    engine.turns = [Orientation(90, 20.0)]

    _, facts = run(engine, SIDEWAYS)

    assert facts == PageFacts(PAGE.shape[1], PAGE.shape[0], 90)
    assert len(engine.calls) == RECTANGLES


def test_a_page_is_turned_once_at_most() -> None:
    engine = Scripted(lambda call, reading: 20)
    engine.turns = [Orientation(180, 20.0)] * 3

    run(engine)

    assert engine.oriented == 1


def test_an_engine_without_a_layout_reads_the_whole_page() -> None:
    engine = Scripted(lambda call, reading: 95)
    engine.regions = lambda image: None

    pieces, _ = run(engine)

    assert len(whole_pages(engine)) == 1
    assert pieces


@pytest.mark.parametrize("kind", ["table", "rule"])
def test_tables_and_rules_are_read_as_a_whole(kind: str) -> None:
    engine = Scripted(lambda call, reading: 95)
    extra = [Region(kind, Box(10, 10 * n, 90, 10 * n + 2)) for n in range(3)]  # type: ignore[arg-type]
    engine.regions = lambda image: engine.blocks(image) + extra

    run(engine)

    assert len(whole_pages(engine)) == 1


def test_ink_outside_of_all_blocks_is_not_left_behind() -> None:
    engine = Scripted(lambda call, reading: 95)
    engine.regions = lambda image: engine.blocks(image)[:2]

    run(engine)

    assert whole_pages(engine)


def test_a_page_that_stays_poor_goes_down_the_ladder_and_the_best_is_kept() -> None:
    engine = Scripted(lambda call, reading: 84 if reading.has_local_threshold else 60)

    pieces, _ = run(engine)

    assert [piece.confidence for piece in pieces] == [84]
    assert len(whole_pages(engine)) == 3


def test_a_good_rescue_ends_the_ladder() -> None:
    engine = Scripted(lambda call, reading: 95 if reading.segmentation == "page" else 20)

    run(engine)

    assert len(whole_pages(engine)) == 1


def test_what_stays_unreadable_is_no_text() -> None:
    engine = Scripted(lambda call, reading: 40)

    pieces, _ = run(engine)

    assert pieces == []
