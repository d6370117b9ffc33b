"""A summary of sentences picked from the text: TextRank, and Luhn's method where it is long.

R. Mihalcea, P. Tarau, "TextRank: Bringing Order into Texts", 2004; H. P. Luhn, "The Automatic
Creation of Literature Abstracts", 1958; both as `sumy` has them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

from core.errors import BackendNotConfigured, Stopped
from media_api.engines.summaries.base import SummaryOptions
from media_api.engines.summaries.markdown import without_markup
from media_api.engines.summaries.splitter import sentences
from media_api.engines.summaries.words import STOP, Document, Sentence

# As many are all of a text that is short enough.
WHOLE_SENTENCES = 3
MOST_SENTENCES = 30
KEY_TERMS = 8
LEAST_TERM_CHARS = 3
# TextRank compares each sentence with each: its time grows with the square of these.
RANKED_SENTENCES = 400
RANKED_WORDS = 12_000
_LOOK_EVERY = 1000
_READ_SHARE = 0.5


class TextRank:
    """About a third of the sentences, in their order, and the terms that the text is about."""

    name = "textrank"

    def __init__(self, options: SummaryOptions) -> None:
        """It needs nothing of `options`."""

    def check(self) -> None:
        """Raises: `BackendNotConfigured` where its package is missing."""
        if find_spec("sumy") is None:
            raise BackendNotConfigured("The package sumy is not installed.")

    def summarize(
        self,
        text: str,
        *,
        model: str,  # noqa: ARG002 - it asks none
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> str:
        """As `SummaryBackend.summarize`. A text of three sentences or fewer stays as it is."""
        on_progress(0.0)
        texts = sentences(text)
        summary = text
        if len(texts) > WHOLE_SENTENCES:
            found = list(_read(texts, should_stop))
            on_progress(_READ_SHARE)
            summary = _written(text, picked(found), key_terms(found))
        on_progress(1.0)
        return summary


def picked(found: Sequence[Sentence]) -> list[Sentence]:
    """Return the best third of the sentences, 1 to 30 of them, in their order."""
    from sumy.summarizers.text_rank import TextRankSummarizer

    from media_api.engines.summaries.luhn import Luhn

    document = Document(found)
    is_short = len(found) <= RANKED_SENTENCES and len(document.words) <= RANKED_WORDS
    scorer = TextRankSummarizer() if is_short else Luhn()
    scorer.stop_words = frozenset({STOP})
    return list(scorer(document, min(MOST_SENTENCES, max(1, round(len(found) / 3)))))


def key_terms(found: Sequence[Sentence]) -> list[str]:
    """Return the terms of highest TF-IDF, each in the form it most often has.

    A sentence counts as a document. Of equals the first one met comes first.
    """
    forms: dict[str, Counter[str]] = {}
    spread: Counter[str] = Counter()
    for sentence in found:
        for (stem, form), times in sentence.forms.items():
            forms.setdefault(stem, Counter())[form] += times
        spread.update({stem for stem, _ in sentence.forms})

    def weight(stem: str) -> float:
        return forms[stem].total() * math.log(len(found) / spread[stem])

    terms = [stem for stem in forms if len(stem) >= LEAST_TERM_CHARS and not stem.isdecimal()]
    best = sorted(terms, key=weight, reverse=True)[:KEY_TERMS]
    return [forms[stem].most_common(1)[0][0] for stem in best]


def _read(texts: Sequence[str], should_stop: Callable[[], bool]) -> Iterator[Sentence]:
    """Yield the sentences, each once. Raises: `Stopped`."""
    seen: set[str] = set()
    for number, sentence in enumerate(texts):
        if number % _LOOK_EVERY == 0 and should_stop():
            raise Stopped
        key = sentence.casefold()
        if key not in seen:
            seen.add(key)
            yield Sentence.of(sentence)


def _written(text: str, chosen: Sequence[Sentence], terms: Sequence[str]) -> str:
    """Write the summary; a text that it would not make shorter stays as it is."""
    bullets = "\n".join(f"- {without_markup(sentence.text)}" for sentence in chosen)
    plain = f"# Summary\n\n{bullets}\n"
    full = f"{plain}\n**Key terms:** {', '.join(terms)}\n" if terms else plain
    return next((one for one in (full, plain) if len(one) < len(text)), text)
