"""Answers in the text's own words: the passages that the question's words lead to, quoted.

It invents nothing and obeys nothing that stands in the text: what it says is a quotation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.answers.engines.base import Asked
from core.answers.engines.passages import Passage, passages
from core.answers.engines.ranking import rank

NOTHING = "No passage of the text answers this."
LEAST_COVERAGE = 0.34
"""A passage with less of the question's weight than this is about something else."""
CLOSE = 0.6
"""A further passage is quoted when it scores at least this share of the best."""
MOST_PASSAGES = 3


class Extractive:
    """Quotes up to three passages, each with its page where the text has more than one."""

    def answer(self, asked: Asked, *, check: Callable[[], None]) -> Iterator[str]:
        """The quotations, one a line, or a sentence that there is none."""
        check()
        found = list(passages(asked.text))
        ranked = rank(asked.question, [passage.text for passage in found])
        fitting = [one for one in ranked if one.coverage >= LEAST_COVERAGE]
        if not fitting:
            yield NOTHING
            return
        close = [one for one in fitting if one.score >= CLOSE * fitting[0].score]
        best = sorted(one.index for one in close[:MOST_PASSAGES])
        names_pages = found[-1].page > 1
        yield "\n".join(_quoted(found[index], names_page=names_pages) for index in best)


def _quoted(passage: Passage, *, names_page: bool) -> str:
    return f"“{passage.text}”" + (f" (page {passage.page})" if names_page else "")
