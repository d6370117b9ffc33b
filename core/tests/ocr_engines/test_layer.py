"""The text layer of PDF pages."""

import pytest

from core.ocr.engines.layer import is_usable, layer_markdown


@pytest.mark.parametrize(
    "text",
    ["", " \n\f", "page 3", "\ufffd" * 40 + "abcdefgh", "\ue001\ue002\ue003" * 20, "\x01\x02" * 30],
)
def test_an_empty_or_unmapped_layer_is_not_usable(text: str) -> None:
    assert not is_usable(text)


@pytest.mark.parametrize(
    "text", ["A short text.", "Цена товара: 500 €", "漢字漢字漢字漢字", "12 345 678.90"]
)
def test_a_layer_in_any_script_is_usable(text: str) -> None:
    assert is_usable(text)


def test_the_layer_becomes_markdown_by_lines_and_blocks() -> None:
    text = "Title  one\n\n\n\u2022 first\n# second\n   \nthird\t line\x0c"

    assert layer_markdown(text) == "Title one\n\n- first\n\\# second\n\nthird line"


def test_a_layer_without_text_gives_nothing() -> None:
    assert layer_markdown("\f\n \n") == ""
