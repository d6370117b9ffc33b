"""What counts of a language model's words: what is inside a markdown fence, however it is cut."""

import pytest

from core.ocr.engines.fence import MOST_PREAMBLE, Unfenced

FENCED = "Here is the text:\n```markdown\n# Title\nBody\n```\nAnything else?"


def read(text: str, size: int = 1) -> str:
    """Feed a text in pieces of some characters."""
    unfenced = Unfenced()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join([unfenced.feed(piece) for piece in pieces]) + unfenced.close()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_only_what_is_inside_the_fence_counts(size: int) -> None:
    assert read(FENCED, size) == "# Title\nBody\n"


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("", ""),
        ("```markdown", ""),
        ("```", "```"),
        ("```markdown\nOpen to the end", "Open to the end"),
        ("```markdown\nOpen, and a mark begins: ``", "Open, and a mark begins: ``"),
        ("```markdown\nA\n```", "A\n"),
        ("  ```  Markdown \r\nA\r\n  ```  \r\n", "A\r\n"),
        ("Sure: ```markdown\nA\n```", "A\n"),
        ("```markdown\n`code` first\n```", "`code` first\n"),
        ("```markdown\n```python\nx = 1\n```\nB\n```\nbye", "```python\nx = 1\n```\nB\n"),
        ("```markdown\nA\n```\nand\n```markdown\nB\n```", "A\n\n\nB\n"),
        ("No fence at all,\nand two lines.", "No fence at all,\nand two lines."),
        ("```\nAnother fence\n```", "```\nAnother fence\n```"),
    ],
)
def test_every_form_is_read_alike_however_it_is_cut(said: str, text: str, size: int) -> None:
    assert read(said, size) == text


def test_what_is_inside_is_given_while_the_fence_is_open() -> None:
    unfenced = Unfenced()
    unfenced.feed("```markdown\n")

    assert unfenced.feed("# A lo") == "# A lo"
    assert unfenced.feed("ng line\nnext") == "ng line\nnext"


def test_the_end_of_the_fence_is_never_given_in_part() -> None:
    unfenced = Unfenced()
    given = [unfenced.feed(character) for character in "```markdown\nA\n```\n"]

    assert "".join(given) == "A\n"


def test_a_text_without_a_fence_streams_once_it_is_longer_than_any_preamble() -> None:
    unfenced = Unfenced()

    assert unfenced.feed("x" * MOST_PREAMBLE) == ""
    assert unfenced.feed("y") == "x" * MOST_PREAMBLE + "y"
    assert unfenced.feed("\n```markdown\nlate") == "\n```markdown\nlate"


def test_lines_without_a_fence_stream_too() -> None:
    text = "a line of text\n" * 60

    assert read(text, 10) == text


def test_a_flood_of_backticks_costs_no_time_and_is_not_lost() -> None:
    text = "`" * 100_000

    assert read(text, 50_000) == text
