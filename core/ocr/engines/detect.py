"""Which of a few languages a text is in: by script, then stop-words and tell-tale letters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from core.ocr.engines.stopwords import SCRIPTS, STOP_WORDS, TELLTALES

MIN_SCRIPT_SHARE = 0.75
MIN_LETTERS = 12
MIN_WORDS = 6
MIN_SCORE = 0.12
"""Stop-words a word of running text; it is 0.3 to 0.5 in the right language."""
MIN_LEAD = 1.4
"""How many times the runner-up's score the best must have to be clear."""

_WORD = re.compile(r"[^\W\d_]+")
_IDEOGRAPHS = frozenset({"CJK", "HIRAGANA", "KATAKANA"})


@dataclass(frozen=True)
class Verdict:
    """The likeliest language, None without letters, and whether that is beyond doubt."""

    language: str | None
    is_clear: bool


def judge(text: str, candidates: tuple[str, ...]) -> Verdict:
    """Choose among `candidates` (installed codes, preferred first) for a text."""
    script, share = main_script(text)
    if script is None:
        return Verdict(None, is_clear=False)
    fitting = [code for code in candidates if SCRIPTS.get(code, "LATIN") == script]
    if not fitting:
        return Verdict(None, is_clear=False)
    scores = language_scores(text, tuple(fitting))
    best = max(fitting, key=lambda code: scores[code])
    rest = max((scores[code] for code in fitting if code != best), default=0.0)
    words = _WORD.findall(text)
    if share < MIN_SCRIPT_SHARE or sum(map(len, words)) < MIN_LETTERS:
        return Verdict(best, is_clear=False)
    if len(fitting) == 1:
        return Verdict(best, is_clear=script != "LATIN" or scores[best] >= MIN_SCORE)
    is_ahead = scores[best] >= MIN_SCORE and scores[best] >= MIN_LEAD * rest
    return Verdict(best, is_clear=is_ahead and len(words) >= MIN_WORDS)


def language_scores(text: str, languages: tuple[str, ...]) -> dict[str, float]:
    """Stop-words and words with tell-tale letters, a word of the text; 0 without any word."""
    words = _WORD.findall(text.lower())
    count = max(1, len(words))
    scores = {}
    for code in languages:
        stop, tell = STOP_WORDS.get(code, frozenset()), TELLTALES.get(code, frozenset())
        hits = sum(word in stop for word in words)
        marked = sum(not tell.isdisjoint(word) for word in words)
        scores[code] = (hits + 0.7 * marked) / count
    return scores


def main_script(text: str) -> tuple[str | None, float]:
    """The script most letters are of, as Unicode names it, and the share of them, 0..1."""
    letters = Counter(character for character in text if character.isalpha())
    scripts: Counter[str] = Counter()
    for character, times in letters.items():
        name = unicodedata.name(character, "UNKNOWN").split(" ")[0].split("-")[0]
        scripts["CJK" if name in _IDEOGRAPHS else name] += times
    if not scripts:
        return None, 0.0
    script, times = scripts.most_common(1)[0]
    return script, times / scripts.total()
