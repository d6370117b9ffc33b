"""Lines as markdown, and markdown as the text that users copy out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ocr.engines.markdown import (
    heading_markdown,
    line_markdown,
    lines_markdown,
    table_markdown,
)
from core.ocr.engines.text import to_processed


@pytest.mark.parametrize(
    "line", ["# not a title", "> quoted", "|a|", "-5 degrees", "---", "+ plus", "===", "```", "\\#"]
)
def test_marks_at_the_start_of_a_line_are_escaped(line: str) -> None:
    assert line_markdown(line) == f"\\{line}"


@pytest.mark.parametrize(
    "line", ["a # b", "5 - 3", "+7 495", "=5", "a|b", "`x`", "1. one", "¢50", "*note"]
)
def test_marks_that_change_nothing_stay_as_they_are(line: str) -> None:
    assert line_markdown(line) == line


@pytest.mark.parametrize("line", ["• one", "- one", "– one", "▪one", "* one", "●  one", "— one"])
def test_bullets_become_dashes(line: str) -> None:
    assert line_markdown(line) == "- one"


def test_next_to_a_bullet_what_it_is_misread_as_is_one_too() -> None:
    assert lines_markdown(["• one", "e two", "every three"]) == ["- one", "- two", "every three"]
    assert lines_markdown(["e one", "two"]) == ["e one", "two"]


@pytest.mark.parametrize("line", ["•", "-", "–"])
def test_a_bullet_without_text_is_no_list(line: str) -> None:
    assert not line_markdown(line).startswith("- ")


@pytest.mark.parametrize(
    ("ratio", "heading"), [(1.0, None), (1.34, None), (1.35, "## T"), (1.8, "# T"), (3.0, "# T")]
)
def test_headings_are_told_by_their_height(ratio: float, heading: str | None) -> None:
    assert heading_markdown("T", ratio) == heading


def test_a_table_has_a_head_and_its_bars_are_escaped() -> None:
    assert table_markdown([["a", "b|c"], ["\\", ""]]) == (
        "| a | b\\|c |\n| --- | --- |\n| \\\\ |  |"
    )


def test_an_empty_text_stays_empty() -> None:
    assert to_processed("", "raw") == to_processed("", "paragraph") == ""


def test_marks_and_page_separators_are_removed() -> None:
    markdown = "# Title\n\nfirst\nsecond\n\n---\n\n## Next\n\n\\# five\n\\- six"

    assert to_processed(markdown, "raw") == "Title\n\nfirst\nsecond\n\nNext\n\n# five\n- six"


@pytest.mark.parametrize("markdown", ["---\n\na", "a\n\n---", "a\n\n---\n\n---\n\n---"])
def test_blank_pages_leave_nothing(markdown: str) -> None:
    assert to_processed(markdown, "raw") == "a"


def test_a_line_of_dashes_that_was_read_is_kept() -> None:
    assert to_processed("a\n\n\\---\n\nb", "raw") == "a\n\n---\n\nb"


def test_the_note_of_a_page_that_ran_out_of_time_is_left_out() -> None:
    assert to_processed("a\n\n<!-- page 3: timed out -->", "raw") == "a"


def test_lines_of_a_paragraph_are_joined() -> None:
    assert to_processed("one\ntwo\n\nthree", "paragraph") == "one two\n\nthree"


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("har-\nbour", "harbour"),
        ("Anglo-\nFrench", "Anglo- French"),
        ("5 -\nfour", "5 - four"),
        ("1990-\n1995", "1990- 1995"),
        ("дорож-\nный", "дорожный"),
    ],
)
def test_a_hyphen_goes_when_the_word_goes_on_in_lower_case(lines: str, joined: str) -> None:
    assert to_processed(lines, "paragraph") == joined


def test_lists_and_tables_are_kept_by_line() -> None:
    table = table_markdown([["a", "b|c"], ["d", "\\"]])

    assert to_processed(f"- one\n- two\nmore\n\n{table}", "paragraph") == (
        "- one\n- two more\n\na  b|c\nd  \\"
    )


VISIBLE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


@given(st.lists(VISIBLE, min_size=1, max_size=4))
def test_what_was_escaped_comes_back(words: list[str]) -> None:
    line = " ".join(words)
    marked = line_markdown(line)

    if not marked.startswith("- "):
        assert to_processed(marked, "raw") in (line, "")  # a lone mark of a page or a note goes
        assert marked in (line, f"\\{line}")


@given(st.text(st.sampled_from("ab#-|>\\ \n•")))
def test_processing_takes_any_text_and_leaves_at_most_one_blank_line(markdown: str) -> None:
    for output_format in ("raw", "paragraph"):
        processed = to_processed(markdown, output_format)  # type: ignore[arg-type]

        assert "\n\n\n" not in processed
        assert processed == processed.strip("\n")
