"""The high accuracy mode: never worse than the fast one."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.samples import MONO, Sample, Style, character_error, receipt, worn
from core.ocr.engines import Engine
from core.ocr.engines.base import Block, Grey, Orientation, Reading, Region
from core.ocr.engines.errors import OcrTimeout
from core.ocr.engines.tessdata import data_folder
from core.tests.ocr_engines.reading import Read, read, save, short_page

ENGLISH = ("eng",)


class Noting:
    """A real engine that notes how it is asked, and stops once its calls are used up."""

    name = "noting"

    def __init__(self, engine: Engine, *, calls: int = 1000) -> None:
        self.engine, self.calls_left = engine, calls
        self.readings: list[Reading] = []
        self.resolutions: set[int] = set()

    def analyse(self, image: Grey, dpi: int) -> list[Region] | None:
        return self.engine.analyse(image, dpi)

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[Block]:
        if not self.calls_left:
            raise OcrTimeout("Too long.")
        self.calls_left -= 1
        self.readings.append(reading)
        self.resolutions.add(dpi)
        return self.engine.recognise(image, dpi, reading)

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        return self.engine.orientation(image, dpi)


def score(found: Read) -> float:
    """Confidence times characters, as the contract compares readings."""
    lines = [ln for page in found.outcome.pages for b in page["blocks"] for ln in b["lines"]]
    return sum(len(line["text"].replace(" ", "")) * line["confidence"] for line in lines)


def accurately(engine: Engine, path: Path, **options: object) -> Read:
    return read(engine, path, mode="high_accuracy", default_languages=ENGLISH, **options)


@pytest.fixture(scope="module")
def small(folder: Path) -> tuple[Sample, Path]:
    sample = short_page(count=1, dpi=150)
    return sample, save(sample, folder / "small.png")


def test_time_that_runs_out_in_a_second_reading_leaves_the_first(
    tesserocr: Engine, small: tuple[Sample, Path]
) -> None:
    fast = Noting(tesserocr)
    expected = read(fast, small[1], default_languages=ENGLISH).text

    found = accurately(Noting(tesserocr, calls=len(fast.readings) + 1), small[1])

    assert found.text == expected


def test_time_that_runs_out_in_the_first_reading_leaves_what_it_has(
    tesserocr: Engine, small: tuple[Sample, Path]
) -> None:
    found = accurately(Noting(tesserocr, calls=1), small[1])

    assert found.text.endswith("<!-- page 1: timed out -->")
    assert found.text.startswith(small[0].lines[0])


def test_a_coarse_page_is_enlarged_and_its_boxes_stay_those_of_the_page(
    tesserocr: Engine, small: tuple[Sample, Path]
) -> None:
    engine = Noting(tesserocr)

    found = accurately(engine, small[1])

    assert engine.resolutions == {150, 300}
    assert character_error(small[0].text, found.text) <= 0.005
    [page] = found.outcome.pages
    width, height = small[0].image.size
    assert (page["width"], page["height"]) == (width, height)
    rights = [line["bbox"][2] for block in page["blocks"] for line in block["lines"]]
    assert 0.6 * width < max(rights) <= width


@pytest.mark.parametrize(
    ("levels", "noise", "tilt"), [((0, 255), 0, 0), ((120, 180), 10, 2), ((60, 230), 30, -1)]
)
def test_it_never_scores_below_the_fast_mode(
    tesserocr: Engine, tmp_path: Path, levels: tuple[int, int], noise: float, tilt: float
) -> None:
    lines = ("CORNER MARKET", "Bread       2.49", "Cheese      4.75", "Thank you for coming")
    sample = receipt(lines, Style(font=MONO, size_pt=9, margin_in=0.25))
    path = save(worn(sample, levels=levels, noise=noise, tilt_deg=tilt), tmp_path / "a.png")

    fast = read(tesserocr, path, default_languages=ENGLISH)
    accurate = accurately(tesserocr, path)

    assert score(accurate) >= 0.999 * score(fast)


def test_local_thresholds_are_tried_on_a_doubtful_page(tesserocr: Engine, tmp_path: Path) -> None:
    page = short_page(count=1)
    sample = worn(page, levels=(110, 180), noise=35)
    engine = Noting(tesserocr)

    accurately(engine, save(sample, tmp_path / "a.png"))

    assert any(reading.has_local_threshold for reading in engine.readings)


def test_larger_models_are_used_where_they_are_set_up(
    tesserocr: Engine, small: tuple[Sample, Path], tmp_path: Path
) -> None:
    folder = data_folder()
    assert folder is not None
    (tmp_path / "eng.traineddata").symlink_to(folder / "eng.traineddata")
    engine = Noting(tesserocr)

    accurately(engine, small[1], tessdata_best_dir=tmp_path)

    assert {reading.data_dir for reading in engine.readings} == {None, tmp_path}


def test_larger_models_missing_for_the_language_do_no_harm(
    tesserocr: Engine, small: tuple[Sample, Path], tmp_path: Path
) -> None:
    engine = Noting(tesserocr)

    found = accurately(engine, small[1], tessdata_best_dir=tmp_path)

    assert {reading.data_dir for reading in engine.readings} == {None}
    assert found.text


def test_a_blank_page_is_empty_here_too(tesserocr: Engine, tmp_path: Path) -> None:
    blank = Sample(short_page(count=1).image.point(lambda _: 255), (), 200)
    assert np.asarray(blank.image).min() == 255

    assert accurately(tesserocr, save(blank, tmp_path / "a.png")).text == ""
