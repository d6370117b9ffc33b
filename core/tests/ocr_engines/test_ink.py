"""Ink, blankness, and which way ink runs."""

import numpy as np
import pytest

from benchmarks.samples import worn
from core.ocr.engines.base import Box
from core.ocr.engines.ink import find_ink
from core.ocr.engines.sheet import lay_down
from core.ocr.engines.skew import straightened, tilt
from core.tests.ocr_engines.reading import short_page

SMALL = np.asarray(short_page().image.reduce(2))


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 3), (7, 400), (200, 200)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_even_sheet_of_any_size_is_blank(shape: tuple[int, int], grey: int) -> None:
    assert find_ink(np.full(shape, grey, np.uint8)).is_blank


@pytest.mark.parametrize("noise", [3, 10, 25])
def test_noise_alone_is_blank(noise: int) -> None:
    grain = np.random.default_rng(noise).normal(190, noise, (900, 700))

    assert find_ink(np.clip(grain, 0, 255).astype(np.uint8)).is_blank


def test_shade_alone_is_blank() -> None:
    shade = np.tile(np.linspace(90, 250, 600), (800, 1)).astype(np.uint8)

    assert find_ink(shade).is_blank


def test_one_word_on_a_page_is_ink() -> None:
    page = np.full((1169, 827), 255, np.uint8)
    page[500:510, 300:340] = SMALL[50:60, 55:95]

    assert not find_ink(page).is_blank


@pytest.mark.parametrize("levels", [(0, 255), (150, 200), (0, 90)])
def test_text_is_ink_in_any_contrast(levels: tuple[int, int]) -> None:
    sample = worn(short_page(), levels=levels)

    assert find_ink(np.asarray(sample.image.reduce(2))).mask.mean() > 0.05


def test_light_text_on_a_dark_page_is_turned_round() -> None:
    assert find_ink(255 - SMALL).is_inverted
    assert not find_ink(SMALL).is_inverted
    assert np.median(lay_down(255 - SMALL, 100).image) > 200


def test_coverage_is_the_share_of_ink_in_the_boxes() -> None:
    ink = find_ink(SMALL)
    height, width = SMALL.shape

    assert ink.coverage([], 2) == 0
    assert ink.coverage([Box(0, 0, 2 * width, 2 * height)], 2) == 1
    assert 0.3 < ink.coverage([Box(0, 0, 2 * width, height)], 2) < 0.7


def test_a_blank_sheet_is_covered_by_nothing() -> None:
    assert find_ink(np.full((50, 50), 255, np.uint8)).coverage([], 1) == 1


def test_lines_on_end_look_sideways() -> None:
    assert find_ink(np.ascontiguousarray(np.rot90(SMALL))).looks_sideways
    assert not find_ink(SMALL).looks_sideways


def test_faint_letters_in_noise_are_told_from_clean_ones() -> None:
    faint = worn(short_page(), levels=(120, 170), noise=14)

    assert find_ink(np.asarray(faint.image)).is_faint
    assert not find_ink(SMALL).is_faint


@pytest.mark.parametrize("degrees", [-6.0, -1.3, 0.7, 4.0])
def test_a_tilt_is_found_within_a_tenth_of_a_degree(degrees: float) -> None:
    tilted = np.asarray(worn(short_page(), tilt_deg=-degrees).image.reduce(2))

    assert tilt(find_ink(tilted).mask) == pytest.approx(degrees, abs=0.15)


def test_a_straight_page_is_left_as_it_is() -> None:
    sheet = lay_down(np.asarray(short_page().image), 200)

    assert tilt(sheet.ink.mask) == 0
    assert sheet.straight() is sheet
    assert straightened(sheet.image, 0.0) is sheet.image


def test_a_page_without_ink_has_no_tilt() -> None:
    assert tilt(np.zeros((100, 100), np.bool_)) == 0
