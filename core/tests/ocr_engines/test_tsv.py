"""Tesseract's TSV as blocks of lines, and the cleaning of what it read."""

import pytest

from core.ocr.engines.base import Box
from core.ocr.engines.tsv import clean, parse_tsv

HEAD = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)


def word(block: int, line: int, text: str, *, left: int = 0, conf: float = 90) -> str:
    return f"5\t1\t{block}\t1\t{line}\t1\t{left}\t{line * 20}\t30\t10\t{conf}\t{text}"


@pytest.mark.parametrize("tsv", ["", HEAD, "5\t1\t1", "4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t", "\n\n"])
def test_no_words_are_no_blocks(tsv: str) -> None:
    assert parse_tsv(tsv) == []


def test_words_without_a_visible_character_are_dropped() -> None:
    assert parse_tsv("\n".join([word(1, 1, " "), word(1, 1, "\u200b")])) == []


def test_words_are_grouped_by_line_and_block() -> None:
    rows = [HEAD, word(1, 1, "a"), word(1, 1, "b", left=40), word(1, 2, "c"), word(2, 1, "d")]

    first, second = parse_tsv("\n".join(rows))

    assert [line.text for line in first.lines] == ["a b", "c"]
    assert first.lines[0].box == Box(0, 20, 70, 30)
    assert first.box == Box(0, 20, 70, 50)
    assert second.lines[0].text == "d"


def test_a_negative_confidence_counts_as_none() -> None:
    [block] = parse_tsv(word(1, 1, "a", conf=-1))

    assert block.lines[0].words[0].confidence == 0


def test_a_tab_in_a_word_does_not_shift_the_fields() -> None:
    [block] = parse_tsv(word(1, 1, "a\tb"))

    assert block.lines[0].text == "ab"


@pytest.mark.parametrize(
    ("read", "cleaned"),
    [
        ("e\u0301te\u0301", "été"),
        ("\ufb01n", "fin"),
        ("a\x00b\x1f", "ab"),
        ("soft\u00adhyphen", "softhyphen"),
        ("  a ", "a"),
    ],
)
def test_text_is_composed_and_free_of_what_cannot_be_seen(read: str, cleaned: str) -> None:
    assert clean(read) == cleaned
