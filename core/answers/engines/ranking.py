"""Which passages are about the words of a question: BM25 (Robertson and Zaragoza, 2009)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.ocr.engines.stopwords import STOP_WORDS

K1, B = 1.2, 0.75
LATIN_STEM, OTHER_STEM = 6, 5
"""Letters by which words are compared, so that endings do not tell them apart."""

_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"(?<=[a-z]{4})(?:ing|ed|es|s|e)$")
_ASKING = {
    "eng": "what where why how whose whom do does did can could should would is are am any tell me "
    "please give show find name list i my your this that these those there",
    "rus": "что где когда кто кого кому чей какой какая какое какие каков как почему зачем сколько "
    "куда откуда ли есть скажи назови покажи найди пожалуйста мне",
    "fra": "quoi quand comment pourquoi quel quelle quels quelles combien dis donne trouve moi",
}
IGNORED = frozenset(
    word
    for code, asking in _ASKING.items()
    for word in (*STOP_WORDS.get(code, ()), *asking.split())
)


@dataclass(frozen=True)
class Ranked:
    """How well a passage fits: its BM25 score, and the share of the question's weight in it."""

    index: int
    score: float
    coverage: float


def stems(text: str) -> list[str]:
    """The words that mean something, in one case, without accents and endings."""
    words = _WORD.findall(unicodedata.normalize("NFC", text).casefold())
    return [_stem(word) for word in words if word not in IGNORED]


def rank(question: str, texts: Sequence[str]) -> list[Ranked]:
    """Order the texts that have a word of the question, the best first.

    A word that no text has weighs most: where the question is about that word, no text
    covers much of it.
    """
    wanted = set(stems(question))
    counts = [Counter(stem for stem in stems(text)) for text in texts]
    usual = sum(count.total() for count in counts) / max(1, len(counts))
    weights = {
        stem: _weight(sum(stem in count for count in counts), len(counts)) for stem in wanted
    }
    ranked = [
        Ranked(index, _score(count, weights, usual), _coverage(count, weights))
        for index, count in enumerate(counts)
        if not wanted.isdisjoint(count)
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.index))


def _weight(found_in: int, total: int) -> float:
    return math.log(1 + (total - found_in + 0.5) / (found_in + 0.5))


def _score(count: Counter[str], weights: dict[str, float], usual: float) -> float:
    length = K1 * (1 - B + B * count.total() / max(1.0, usual))
    return sum(
        weight * count[stem] * (K1 + 1) / (count[stem] + length)
        for stem, weight in weights.items()
        if stem in count
    )


def _coverage(count: Counter[str], weights: dict[str, float]) -> float:
    found = sum(weight for stem, weight in weights.items() if stem in count)
    return found / sum(weights.values())


@lru_cache(maxsize=2**16)
def _stem(word: str) -> str:
    """The beginning that the forms of a word have in common, roughly; accents dropped."""
    decomposed = unicodedata.normalize("NFD", word)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    if not plain.isascii():
        return plain[:OTHER_STEM]
    while (shorter := _ENDING.sub("", plain)) != plain:
        plain = shorter
    return plain[:LATIN_STEM]
