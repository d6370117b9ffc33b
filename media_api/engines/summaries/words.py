"""The words of a sentence as scorers compare them: stems, in English and Russian."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_CYRILLIC = re.compile(r"[а-яё]")
# Of each sentence, so that one without end costs no more than others.
MOST_WORDS = 200
MOST_WORD_CHARS = 40
# Stands for a word that says nothing: it keeps its place, since distances count.
STOP = ""

# English, then Russian.
STOP_WORDS = frozenset(Path(__file__).with_name("stop_words.txt").read_text("utf-8").split())


@dataclass(frozen=True, eq=False)
class Sentence:
    """A sentence by its stems; `words` and identity are all that sumy's scorers look at."""

    text: str
    words: tuple[str, ...]
    forms: Counter[tuple[str, str]] = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "Sentence":
        """Read a sentence; of a very long one the beginning stands for it."""
        found = (match[0].lower() for match in _WORD.finditer(text[: MOST_WORDS * 20]))
        words = [word[:MOST_WORD_CHARS] for word in found][:MOST_WORDS]
        stems = [stem(word) for word in words]
        forms = Counter((one, word) for one, word in zip(stems, words, strict=True) if one)
        return cls(text, tuple(stems), forms)


@dataclass(frozen=True)
class Document:
    """What sumy's scorers rank."""

    sentences: Sequence[Sentence]

    @property
    def words(self) -> tuple[str, ...]:
        """All stems in order."""
        return tuple(word for sentence in self.sentences for word in sentence.words)


@lru_cache(maxsize=2**16)
def stem(word: str) -> str:
    """Return a lower-case word's stem, `STOP` for one that says nothing."""
    if word in STOP_WORDS or word.replace("’", "'") in STOP_WORDS:
        return STOP
    stemmer = _stemmers()[bool(_CYRILLIC.search(word))]
    return str(stemmer(word))


@lru_cache(maxsize=1)
def _stemmers() -> tuple[Callable[[str], Any], Callable[[str], Any]]:
    """Return Snowball's stemmers, English and Russian; nltk is imported when first needed."""
    from nltk.stem.snowball import EnglishStemmer, RussianStemmer

    return EnglishStemmer().stem, RussianStemmer().stem
