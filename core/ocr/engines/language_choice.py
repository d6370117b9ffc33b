"""The language a document is read in: probed on its first lines, looked at again when in doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from core.ocr.engines.base import Block, OcrOptions
from core.ocr.engines.detect import judge, language_scores, main_script
from core.ocr.engines.quality import confidence, plain_text, score, words_of
from core.ocr.engines.stopwords import SCRIPTS

Recognise = Callable[[tuple[str, ...]], list[Block]]

CLEAR_CONFIDENCE = 75
DOUBT_CONFIDENCE = 70
"""Below this a rectangle is read again in all languages, even after the choice."""
MIN_GAIN = 1.05
"""How many times better another language's reading must score to be taken."""
FOREIGN_SCORE = 0.25
MIN_SHARE_REPORTED = 0.05
MAX_CANDIDATES = 8


class LanguageChoice:
    """State over one document. Without detection, or with one candidate, nothing is probed.

    A wrong model of the same script reads with high confidence and wrong letters, so that
    words decide, and confidence only says when to look.
    """

    def __init__(self, options: OcrOptions) -> None:
        asked = options.languages or options.default_languages
        pool = options.languages + options.default_languages if options.detect_language else asked
        self.candidates: tuple[str, ...] = tuple(dict.fromkeys(pool))[:MAX_CANDIDATES]
        self.is_decided = not options.detect_language or len(self.candidates) == 1
        self.languages: tuple[str, ...] = self.candidates if self.is_decided else ()
        self._is_fixed = self.is_decided
        self._seen = ""
        self._used: Counter[tuple[str, ...]] = Counter()

    def read(self, recognise: Recognise) -> list[Block]:
        """Read one picture by `recognise`, in the language that fits it."""
        if not self.is_decided:
            languages, blocks = self._probe(recognise)
        else:
            languages, blocks = self._checked(recognise, recognise(self.languages))
        self._used[languages] += len(plain_text(blocks))
        return blocks

    def read_once(self, recognise: Recognise) -> list[Block]:
        """Read one large picture in one call: undecided in all languages, the best first."""
        languages = self.languages
        if not self.is_decided:
            languages = tuple(dict.fromkeys(self.languages + self.candidates))
        blocks = recognise(languages)
        self._used[languages] += len(plain_text(blocks))
        return blocks

    def reported(self, text: str) -> str | None:
        """The language of the whole document, `+`-joined, most used first; None without text.

        A document too short to decide on has its likeliest language, the preferred one first.
        """
        if not any(character.isalpha() for character in text):
            return None
        if not self.is_decided:
            return judge(text, self.candidates).language
        total = self._used.total()
        ranked = [
            tongue for tongue, n in self._used.most_common() if n > MIN_SHARE_REPORTED * total
        ]
        codes = dict.fromkeys(code for tongue in ranked for code in tongue)
        return "+".join(codes) or None

    def forget(self) -> None:
        """Drop what was concluded from a page that turns out to lie on its side."""
        if not self._is_fixed:
            self.is_decided, self.languages, self._seen = False, (), ""
        self._used.clear()

    def _probe(self, recognise: Recognise) -> tuple[tuple[str, ...], list[Block]]:
        """Most preferred language first, then the one its words point at, then all together."""
        first = self.languages[:1] or self.candidates[:1]
        blocks = recognise(first)
        pointed = self._concluded(first, blocks)
        if pointed == first[0]:
            return first, blocks
        if pointed:
            blocks = recognise((pointed,))
            if self._concluded((pointed,), blocks) == pointed:
                return (pointed,), blocks
        return self._all_together(recognise)

    def _concluded(self, languages: tuple[str, ...], blocks: list[Block]) -> str | None:
        """The language the reading clearly is in; decides when it is the one it was read in."""
        if (confidence(words_of(blocks)) or 0) < CLEAR_CONFIDENCE:
            return None
        text = f"{self._seen}\n{plain_text(blocks)}"
        verdict = judge(text, self.candidates)
        if verdict.is_clear and (verdict.language,) == languages:
            self.is_decided, self.languages = True, languages
        return verdict.language if verdict.is_clear else None

    def _all_together(self, recognise: Recognise) -> tuple[tuple[str, ...], list[Block]]:
        blocks = recognise(self.candidates)
        text = plain_text(blocks)
        self._seen = f"{self._seen}\n{text}"
        verdict = judge(self._seen, self.candidates)
        best = verdict.language
        if best is None:
            return self.candidates, blocks
        if verdict.is_clear and (confidence(words_of(blocks)) or 0) >= CLEAR_CONFIDENCE:
            self.is_decided, self.languages = True, (best,)
            alone = recognise((best,))
            if MIN_GAIN * score(alone) >= score(blocks):
                return (best,), alone
        else:
            self.languages = (best,)
        return self.candidates, blocks

    def _checked(
        self, recognise: Recognise, blocks: list[Block]
    ) -> tuple[tuple[str, ...], list[Block]]:
        """A reading in the chosen language, or a better one where that language does not fit."""
        if self._is_fixed:
            return self.languages, blocks
        other = self._foreign(plain_text(blocks))
        if other:
            again = recognise((other,))
            if score(again) >= score(blocks):
                return (other,), again
        elif words_of(blocks) and (confidence(words_of(blocks)) or 0) < DOUBT_CONFIDENCE:
            again = recognise(self.candidates)
            if score(again) > MIN_GAIN * score(blocks):
                return self.candidates, again
        return self.languages, blocks

    def _foreign(self, text: str) -> str | None:
        """Another candidate of the same script whose words this text is clearly full of."""
        script, _ = main_script(text)
        rivals = tuple(c for c in self.candidates if SCRIPTS.get(c, "LATIN") == script)
        own = self.languages[0]
        if own not in rivals or len(rivals) < 2:
            return None
        scores = language_scores(text, rivals)
        best = max(rivals, key=lambda code: scores[code])
        is_other = scores[best] >= FOREIGN_SCORE and scores[best] > 2 * scores[own]
        return best if best != own and is_other else None
