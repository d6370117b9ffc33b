"""A document's session: asking to go on, and the time of its page."""

import time

import numpy as np
import pytest

from core.ocr.engines.base import Block, Grey, OcrOptions, Orientation, Reading, Region
from core.ocr.engines.errors import OcrTimeout
from core.ocr.engines.session import Session
from core.tests.ocr_engines.reading import go_on

PICTURE = np.zeros((9, 9), np.uint8)


class Idle:
    """An engine that reads nothing and notes what it was asked."""

    name = "idle"

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def analyse(self, image: Grey, dpi: int) -> list[Region] | None:
        return []

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[Block]:
        self.readings.append(reading)
        return []

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        return None


def session(engine: Idle, **options: object) -> Session:
    options.setdefault("default_languages", ("eng",))
    return Session(engine, OcrOptions(**options), go_on)  # type: ignore[arg-type]


def test_no_call_is_begun_when_the_time_is_over() -> None:
    engine = Idle()
    over = session(engine, page_timeout_s=0.0)

    with pytest.raises(OcrTimeout):
        over.read(PICTURE, 200)
    with pytest.raises(OcrTimeout):
        over.read_page(PICTURE, 200)

    assert engine.readings == []


def test_a_cancel_comes_before_a_timeout() -> None:
    def cancel() -> None:
        raise KeyboardInterrupt

    late = Session(Idle(), OcrOptions(page_timeout_s=0.0), cancel)

    with pytest.raises(KeyboardInterrupt):
        late.time_left_s()


def test_the_engine_is_given_the_time_that_is_left() -> None:
    engine = Idle()

    session(engine, page_timeout_s=30.0).read(PICTURE, 200)

    assert 0 < engine.readings[0].timeout_s <= 30


def test_a_new_page_has_its_full_time() -> None:
    started = session(Idle(), page_timeout_s=5.0)
    before = started.time_left_s()
    time.sleep(0.01)  # so that some of it is gone
    started.start_page()

    assert started.time_left_s() > before - 0.01


def test_the_half_of_the_time_is_told() -> None:
    assert session(Idle(), page_timeout_s=0.0).is_half_over() is True
    assert session(Idle(), page_timeout_s=60.0).is_half_over() is False


def test_ways_of_reading_end_with_their_block() -> None:
    engine = Idle()
    one = session(engine)

    with one.reading_with(is_best=True, has_local_threshold=True):
        one.read(PICTURE, 200)
    one.read(PICTURE, 200)

    assert [reading.has_local_threshold for reading in engine.readings] == [True, False]


def test_without_larger_models_the_usual_ones_are_used() -> None:
    engine = Idle()
    one = session(engine)

    with one.reading_with(is_best=True, has_local_threshold=False):
        assert not one.has_best_models
        one.read_page(PICTURE, 200)

    assert engine.readings[0].data_dir is None
