"""Recognised lines as pieces of markdown, and readings weighed against each other."""

import pytest

from core.ocr.engines.base import Block, Box, Word
from core.ocr.engines.pieces import Found, block_pieces, moved, text_piece
from core.ocr.engines.quality import confidence, plain_text, score, words_of
from core.ocr.engines.tsv import make_block, make_line
from core.ocr.engines.whole_page import without_noise


def block(*texts: str, top: int = 0, height: int = 20, sure: float = 90) -> Block:
    lines = [
        make_line([Word(text, Box(0, top + 30 * n, 100, top + 30 * n + height), sure)])
        for n, text in enumerate(texts)
    ]
    return make_block(lines)


def test_no_lines_are_no_piece() -> None:
    assert text_piece([], starts_block=True, share=1.0) is None


def test_no_blocks_are_no_pieces() -> None:
    assert list(block_pieces([])) == []


def test_a_lone_tall_line_is_a_heading_and_is_not_escaped() -> None:
    [line] = block("- Title").lines

    piece = text_piece([line], starts_block=True, share=1.0, height_ratio=2.0)

    assert piece is not None
    assert (piece.kind, piece.markdown) == ("heading", "# - Title")


def test_two_tall_lines_are_no_heading() -> None:
    piece = text_piece(block("a", "b").lines, starts_block=True, share=1.0, height_ratio=2.0)

    assert piece is not None
    assert piece.kind == "text"


def test_a_block_of_bullets_is_a_list() -> None:
    piece = text_piece(block("• a", "• b").lines, starts_block=True, share=1.0)

    assert piece is not None
    assert (piece.kind, piece.markdown) == ("list", "- a\n- b")


def test_headings_of_a_whole_page_are_told_by_the_median_line() -> None:
    blocks = [block("Title", height=45), block("a", "b", "c", top=100), block("note", top=300)]

    pieces = list(block_pieces(blocks))

    assert [piece.kind for piece in pieces] == ["heading", "text", "text"]
    assert [piece.share for piece in pieces] == [0.2, 0.8, 1.0]
    assert all(piece.starts_block for piece in pieces)


def test_a_page_of_one_line_is_no_heading() -> None:
    [piece] = block_pieces([block("Only", height=80)])

    assert piece.kind == "text"


def test_lines_move_to_the_place_of_their_crop() -> None:
    [line] = moved(block("a").lines, Box(5, 7, 0, 0))

    assert line.box == Box(5, 7, 105, 27)
    assert line.words[0].box == line.box


@pytest.mark.parametrize(("sure", "is_good"), [(0.0, False), (74.9, False), (75.0, True)])
def test_only_a_confident_reading_is_good(sure: float, is_good: bool) -> None:
    assert Found((), sure, 1.0).is_good == is_good


def test_an_empty_page_has_no_confidence_instead_of_a_high_one() -> None:
    assert confidence([]) is None
    assert score([]) == 0


def test_confidence_and_score_weigh_words_by_their_length() -> None:
    blocks = [block("aaa", sure=100), block("b", sure=20)]

    assert confidence(words_of(blocks)) == 80
    assert score(blocks) == 320
    assert plain_text(blocks) == "aaa\nb"


@pytest.mark.parametrize(("text", "sure"), [("~", 90), ("x", 95), ("word", 44), ("word", 59)])
def test_texture_is_not_taken_for_text(text: str, sure: float) -> None:
    assert without_noise([block(text, sure=sure)]) == []


def test_weak_but_plausible_lines_are_kept() -> None:
    assert without_noise([block("word", "~", sure=62)])[0].lines[0].text == "word"
