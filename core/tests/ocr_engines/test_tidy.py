"""Markdown from elsewhere takes the form of ours while it streams."""

import pytest

from core.ocr.engines.text import to_processed
from core.ocr.engines.tidy import LONGEST_WORD, Tidy


def tidied(text: str, size: int = 1) -> str:
    """Feed a text in pieces of some characters."""
    tidy = Tidy()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join([tidy.feed(piece) for piece in pieces]) + tidy.close()


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n\n ", ""),
        ("\n\nA", "A"),
        ("A  \nB\t\nC", "A\nB\nC"),
        ("A\r\nB\r\n\r\nC", "A\nB\n\nC"),
        ("A\n\n\n\n\nB", "A\n\nB"),
        ("A\n \n \nB", "A\n\nB"),
        ("- a\n  - b", "- a\n  - b"),
        ("A\x00B\x07C\x9bD", "ABCD"),
        ("e\u0301te\u0301 ﬁn", "été fin"),
        ("one two  three", "one two  three"),
        ("A\n\n---\n\nB", "A\n\n\\---\n\nB"),
        ("---\nA\n---", "\\---\nA\n\\---"),
        ("| --- | --- |", "| --- | --- |"),
        ("----", "----"),
        ("кириллица, 漢字 🙂", "кириллица, 漢字 🙂"),
    ],
)
def test_every_form_is_the_same_however_it_is_cut(text: str, expected: str, size: int) -> None:
    assert tidied(text, size) == expected


def test_what_was_given_is_never_taken_back() -> None:
    tidy = Tidy()
    text = "A word  \n\n\n another\n\n---\n\n"
    given = [tidy.feed(character) for character in text] + [tidy.close()]

    assert "".join(given) == "A word\n\n another\n\n\\---"


def test_a_page_mark_in_a_text_reads_as_what_it_was() -> None:
    assert to_processed(tidied("A\n\n---\n\nB"), "raw") == "A\n\n---\n\nB"


def test_a_word_without_an_end_is_passed_on() -> None:
    tidy = Tidy()

    assert len(tidy.feed("x" * (LONGEST_WORD + 10))) == LONGEST_WORD + 10


def test_a_flood_of_blanks_is_not_kept() -> None:
    tidy = Tidy()
    tidy.feed("A")
    for _ in range(200):
        tidy.feed(" " * 10_000)

    assert len(tidy.feed("B")) < 100
    assert tidy.close().strip() == "B"
