"""Bytes to lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.lines import LineSplitter


def cut(*pieces: bytes, max_bytes: int = 100) -> list[str]:
    splitter = LineSplitter(max_bytes)
    lines = [line for piece in pieces for line in splitter.feed(piece)]
    return [*lines, *splitter.close()]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\nb", ["a", "b"]),
        (b"10%\r20%\r30%\n", ["10%", "20%", "30%"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\n\nb", ["a", "", "b"]),
    ],
)
def test_lines_end_at_newline_carriage_return_or_both(data: bytes, lines: list[str]) -> None:
    assert cut(data) == lines


def test_a_line_end_cut_in_two_is_still_one() -> None:
    assert cut(b"a\r", b"\nb") == ["a", "b"]
    assert cut(b"a\r", b"\n", b"\nb") == ["a", "", "b"]


def test_a_long_line_keeps_its_beginning_and_the_next_is_whole() -> None:
    assert cut(b"x" * 250, b"y" * 250, b"\nnext\n") == ["x" * 100, "next"]


def test_bytes_that_are_not_text_are_replaced() -> None:
    assert cut(b"caf\xe9\n") == ["caf\ufffd"]


def test_a_character_cut_in_two_is_put_together() -> None:
    assert cut("é".encode()[:1], "é".encode()[1:]) == ["é"]


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_where_the_bytes_are_cut_makes_no_difference(pieces: list[bytes]) -> None:
    assert cut(*pieces, max_bytes=10_000) == cut(b"".join(pieces), max_bytes=10_000)


@given(st.lists(st.binary(max_size=60), max_size=12), st.integers(1, 20))
def test_no_line_is_longer_than_the_bound_and_none_holds_an_end(
    pieces: list[bytes], bound: int
) -> None:
    for line in cut(*pieces, max_bytes=bound):
        assert len(line) <= bound
        assert not re.search(r"[\r\n]", line)
