"""The drawn pages and the measure of errors that tests and benchmarks stand on."""

import numpy as np
import pytest

from benchmarks.samples import (
    SERIF,
    Style,
    character_error,
    distance,
    font,
    receipt,
    table_page,
    text_page,
    two_column_page,
    worn,
)


@pytest.mark.parametrize(
    ("left", "right", "steps"),
    [
        ("", "", 0),
        ("abc", "", 3),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("abc", "abc", 0),
        ("ёж", "еж", 1),
    ],
)
def test_the_distance_is_levenshteins(left: str, right: str, steps: int) -> None:
    assert distance(left, right) == distance(right, left) == steps


def test_white_space_is_no_error_and_every_letter_is() -> None:
    assert character_error("a  b\nc", "a b c") == 0
    assert character_error("abcd", "abxd") == 0.25
    assert character_error("abcd", "") == 1
    assert character_error("", "ab") == 2


def test_a_font_that_is_missing_is_an_error() -> None:
    with pytest.raises(OSError, match="resource"):
        font("NoSuchFont.ttf", 20)


def test_the_same_seed_draws_the_same_page() -> None:
    first, again, other = text_page(seed=4), text_page(seed=4), text_page(seed=5)

    assert first.image.tobytes() == again.image.tobytes()
    assert first.lines == again.lines != other.lines


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_a_page_is_a4_at_its_resolution(dpi: int) -> None:
    assert text_page(style=Style(font=SERIF, dpi=dpi)).image.size == (
        round(8.27 * dpi),
        round(11.69 * dpi),
    )


def test_no_line_runs_over_the_margin() -> None:
    for sample in (text_page("rus"), two_column_page("fra")):
        grey = np.asarray(sample.image)
        margin = round(0.9 * 200)

        assert grey[:, : margin - 4].min() == 255
        assert grey[:, -margin + 4 :].min() == 255


def test_a_table_has_its_cells_in_the_truth() -> None:
    assert table_page([["a", "b"], ["c", ""]], above="t").lines == ("t", "a b", "c ")


def test_a_receipt_is_as_long_as_its_lines() -> None:
    short, long = receipt(("a",) * 3), receipt(("a",) * 30)

    assert long.image.height > 3 * short.image.height
    assert long.image.width == short.image.width


def test_wear_squeezes_the_greys() -> None:
    grey = np.asarray(worn(receipt(("a",)), levels=(120, 180)).image)

    assert (grey.min(), grey.max()) == (120, 180)
