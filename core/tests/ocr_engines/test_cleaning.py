"""Pictures of poor pages made better, and good ones left alone."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.samples import worn
from core.ocr.engines.base import Grey
from core.ocr.engines.cleaning import despeckled, flattened, prepared, smoothed
from core.ocr.engines.sheet import lay_down
from core.tests.ocr_engines.reading import short_page

SAMPLE = short_page()
CLEAN = np.asarray(SAMPLE.image)


def specks(share: float) -> Grey:
    pixels = CLEAN.copy()
    pixels[np.random.default_rng(2).random(pixels.shape) < share] = 0
    return pixels


def isolated(image: Grey) -> int:
    part = image.astype(int)
    beside = np.minimum.reduce((part[:-2, 1:-1], part[2:, 1:-1], part[1:-1, :-2], part[1:-1, 2:]))
    return int((part[1:-1, 1:-1] < beside - 60).sum())


def test_a_clean_page_is_left_as_it_is() -> None:
    sheet = lay_down(CLEAN, 200)

    assert prepared(sheet) is sheet


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (30, 30)])
def test_small_and_blank_pictures_are_left_as_they_are(shape: tuple[int, int]) -> None:
    sheet = lay_down(np.full(shape, 255, np.uint8), 200)

    assert prepared(sheet) is sheet


def test_small_print_does_not_count_as_specks() -> None:
    small = np.asarray(SAMPLE.image.resize((SAMPLE.image.width // 2, SAMPLE.image.height // 2)))

    sheet = lay_down(small, 100)

    assert prepared(sheet) is sheet


def test_specks_are_taken_out() -> None:
    dirty = specks(0.02)

    assert isolated(prepared(lay_down(dirty, 200)).image) < isolated(dirty) / 50


def test_a_faint_page_gets_all_greys() -> None:
    faint = np.asarray(worn(SAMPLE, levels=(120, 170), noise=14).image)

    better = prepared(lay_down(faint, 200)).image

    assert np.percentile(better, 1) < 60
    assert np.median(better) > 220


def test_a_page_lit_from_one_side_gets_white_paper_everywhere() -> None:
    light = np.linspace(0.35, 1, CLEAN.shape[1])
    shaded = (CLEAN * light).astype(np.uint8)

    paper = np.percentile(prepared(lay_down(shaded, 200)).image, 75, axis=0)

    assert paper.min() > 215


def test_a_dark_picture_on_a_page_is_not_taken_for_shade() -> None:
    page = np.vstack([CLEAN, np.full((600, CLEAN.shape[1]), 90, np.uint8)])

    sheet = lay_down(page, 200)

    assert not sheet.ink.is_unevenly_lit


def test_every_step_of_the_ladder_keeps_dark_on_light() -> None:
    sheet = lay_down(255 - np.asarray(worn(SAMPLE, levels=(60, 200), noise=10).image), 200)

    for clean in (smoothed, despeckled, flattened):
        image = clean(sheet).image

        assert np.median(image) > 200, clean.__name__
        assert image.dtype == np.uint8


def test_smoothing_sets_the_page_straight() -> None:
    tilted = worn(SAMPLE, tilt_deg=3, levels=(100, 190), noise=10)
    sheet = smoothed(lay_down(np.asarray(tilted.image), 200))

    assert sheet.straight() is sheet


def test_a_sheet_that_is_turned_remembers_how_far() -> None:
    sheet = lay_down(CLEAN, 200).turned(90).turned(270)

    assert sheet.rotation == 0
    assert (sheet.image == CLEAN).all()
    assert lay_down(CLEAN, 200).turned(180).rotation == 180


def test_cleaning_keeps_how_far_the_page_was_turned() -> None:
    faint = np.asarray(worn(SAMPLE, levels=(120, 170), noise=14).image)
    turned = lay_down(faint, 200).turned(90)

    assert smoothed(turned).rotation == 90
    assert isinstance(Image.fromarray(turned.image), Image.Image)
